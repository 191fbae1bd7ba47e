// Generated from abi-spec by `osaurus-bridge gen go`. Edit the spec, not this file.

// Package osaurus is for plugins in Go: build a main package with -buildmode=c-shared that calls Register in an init
// function. The Go runtime stays in the process for good; Osaurus never closes a plugin's library.
package osaurus

/*
#include "osaurus_plugin.h"

const osr_host_api* osaurus_kept_host(void);
void osaurus_callbacks(int routes, int config, int tasks);
*/
import "C"

import (
	"encoding/json"
	"fmt"
	"runtime/cgo"
	"unsafe"
)

// Plugin is what every plugin does. Calls come on many threads at once.
type Plugin interface {
	// Manifest is the plugin's manifest, JSON. There is no host yet.
	Manifest() string
	// Invoke runs a tool (kind "tool") with its arguments, JSON, and returns a tool envelope, JSON.
	Invoke(host *Host, kind, id, payload string) string
}

// RouteHandler is for plugins with routes: request and response are JSON.
type RouteHandler interface {
	HandleRoute(host *Host, request string) string
}

// ConfigWatcher is for plugins that want to know of new settings. The host's first call is a probe, which is left out.
type ConfigWatcher interface {
	OnConfigChanged(host *Host, key, value string)
}

// TaskWatcher is for plugins that follow the tasks that they dispatched.
type TaskWatcher interface {
	OnTaskEvent(host *Host, taskID string, event int, details string)
}

var registered Plugin

// Register names the plugin of this library. Call it in an init function: the host asks right after loading.
func Register(plugin Plugin) {
	registered = plugin
	C.osaurus_callbacks(flag(is[RouteHandler](plugin)), flag(is[ConfigWatcher](plugin)), flag(is[TaskWatcher](plugin)))
}

func is[T any](plugin Plugin) bool {
	_, does := plugin.(T)
	return does
}

func flag(on bool) C.int {
	if on {
		return 1
	}
	return 0
}

func host() *Host { return &Host{C.osaurus_kept_host()} }

// failure turns a panic into the answer of a tool.
func failure(result **C.char) {
	if problem := recover(); problem != nil {
		envelope, _ := json.Marshal(map[string]any{
			"ok": false, "kind": "execution_error", "message": fmt.Sprint(problem), "retryable": true,
		})
		*result = C.CString(string(envelope))
	}
}

// logged turns a panic of an event handler into a line of the host's log.
func logged(what string) {
	if problem := recover(); problem != nil {
		_ = host().Log(LogError, fmt.Sprintf("%s: %v", what, problem))
	}
}

//export osaurusGoManifest
func osaurusGoManifest() (result *C.char) {
	if registered == nil {
		return nil
	}
	return C.CString(registered.Manifest())
}

//export osaurusGoInvoke
func osaurusGoInvoke(kind, id, payload *C.char) (result *C.char) {
	defer failure(&result)
	return C.CString(registered.Invoke(host(), C.GoString(kind), C.GoString(id), C.GoString(payload)))
}

//export osaurusGoRoute
func osaurusGoRoute(request *C.char) (result *C.char) {
	defer func() {
		if problem := recover(); problem != nil {
			body, _ := json.Marshal(map[string]any{"status": 500, "headers": map[string]string{}, "body": fmt.Sprint(problem)})
			result = C.CString(string(body))
		}
	}()
	return C.CString(registered.(RouteHandler).HandleRoute(host(), C.GoString(request)))
}

// The entry waits with it until the init functions have run, as every call from C does.
//
//export osaurusGoReady
func osaurusGoReady() {}

//export osaurusGoConfig
func osaurusGoConfig(key, value *C.char) {
	defer logged("OnConfigChanged")
	if name := C.GoString(key); name != AbiProbeKey {
		registered.(ConfigWatcher).OnConfigChanged(host(), name, C.GoString(value))
	}
}

//export osaurusGoTask
func osaurusGoTask(taskID *C.char, event C.int, details *C.char) {
	defer logged("OnTaskEvent")
	registered.(TaskWatcher).OnTaskEvent(host(), C.GoString(taskID), int(event), C.GoString(details))
}

//export osaurusGoChunk
func osaurusGoChunk(chunk *C.char, userData unsafe.Pointer) {
	defer logged("OnChunk")
	if receive, is := cgo.Handle(uintptr(userData)).Value().(func(string)); is && receive != nil {
		receive(C.GoString(chunk))
	}
}
