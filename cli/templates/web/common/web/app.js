// Asks the plugin's route for its greetings. Osaurus gives pages `window.__osaurus`: the address of
// the plugin's routes, and a fetch that says who asks.
const { apiUrl, fetch } = window.__osaurus;
const state = document.querySelector("#state");
const table = document.querySelector("#greetings");

async function show() {
  const response = await fetch(`${apiUrl}/greetings`);
  if (!response.ok) throw new Error(`the plugin answered with status ${response.status}`);
  const greetings = await response.json();
  state.textContent = greetings.length > 0 ? "" : "No greetings yet.";
  table.hidden = greetings.length === 0;
  table.tBodies[0].replaceChildren(...greetings.map(row));
}

function row({ name, times }) {
  const line = document.createElement("tr");
  for (const text of [name, times]) line.insertCell().textContent = text;
  return line;
}

show().catch((error) => {
  state.textContent = `This did not work: ${error.message}`;
});
