// What the page asks of the program.

async function answered(response) {
  if (!response.ok) throw new Error((await response.text()) || `status ${response.status}`);
  return response.json();
}

/** Reads, for example `get("state")`. */
export async function get(name, query = {}) {
  const words = new URLSearchParams(query).toString();
  return answered(await fetch(`/api/${name}${words ? `?${words}` : ""}`));
}

/** Does something, for example `post("call", { … })`. Throws with the program's own words. */
export async function post(name, body) {
  const headers = { "content-type": "application/json" };
  return answered(
    await fetch(`/api/${name}`, { method: "POST", headers, body: JSON.stringify(body) }),
  );
}
