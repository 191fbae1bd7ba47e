// Hello is a small Osaurus plugin in Go, on the generated package: a tool that greets, a tool that
// streams, a route.
package main

import (
	"encoding/json"
	"fmt"

	"osaurus.dev/hello/osaurus"
)

type hello struct{}

func (hello) Manifest() string {
	const rest = `"requirements":[],"permission_policy":"auto","parameters":{"type":"object","properties":` +
		`{"name":{"type":"string"},"say":{"type":"string"}},"required":[],"additionalProperties":false}}`
	return `{"plugin_id":"dev.example.go-hello","name":"Hello in Go","version":"1.0.0","description":"Greets.",
"min_osaurus":"0.20.3","capabilities":{"tools":[
 {"id":"greet","description":"Greets a person.",` + rest + `,
 {"id":"say","description":"Asks the model.",` + rest + `,
 {"id":"panic","description":"Panics.",` + rest + `],
"routes":[{"id":"page","path":"/page","methods":["GET"],"auth":"owner","description":"A row of the database."}],
"config":{"title":"Hello","sections":[{"title":"Wording","fields":[{"key":"greeting","type":"text","label":"Greeting"}]}]}}}`
}

func (hello) Invoke(host *osaurus.Host, kind, id, payload string) string {
	if kind != "tool" {
		return failure(fmt.Errorf("no such type of invocation: %s", kind))
	}
	var arguments struct{ Name, Say string }
	if err := json.Unmarshal([]byte(payload), &arguments); err != nil {
		return failure(err)
	}
	switch id {
	case "greet":
		greeting, set, err := host.ConfigGet("greeting")
		if err != nil || !set {
			greeting = "Hello"
		}
		return success(fmt.Sprintf("%s, %s!", greeting, arguments.Name))
	case "say":
		request, _ := json.Marshal(map[string]any{
			"model": "", "messages": []any{map[string]any{"role": "user", "content": arguments.Say}},
		})
		chunks := 0
		if _, err := host.CompleteStream(string(request), func(string) { chunks++ }); err != nil {
			return failure(err)
		}
		return success(fmt.Sprintf("%d chunks", chunks))
	}
	panic("no such tool: " + id)
}

func (hello) HandleRoute(host *osaurus.Host, request string) string {
	body, err := host.DbQuery("SELECT 1 AS one", nil)
	if err != nil {
		body = err.Error()
	}
	answer, _ := json.Marshal(map[string]any{"status": 200, "headers": map[string]string{}, "body": body})
	return string(answer)
}

func success(text string) string {
	envelope, _ := json.Marshal(map[string]any{"ok": true, "result": map[string]string{"text": text}})
	return string(envelope)
}

func failure(err error) string {
	envelope, _ := json.Marshal(map[string]any{
		"ok": false, "kind": "unavailable", "message": err.Error(), "retryable": false,
	})
	return string(envelope)
}

func init() { osaurus.Register(hello{}) }

func main() {}
