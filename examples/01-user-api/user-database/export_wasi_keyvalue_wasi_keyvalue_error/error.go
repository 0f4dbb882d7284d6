package export_wasi_keyvalue_wasi_keyvalue_error

import "runtime"

// Error is the resource `error`: a message for people.
type Error struct {
	pinner  runtime.Pinner
	handle  int32
	message string
}

// New makes an error with this message.
func New(message string) *Error { return &Error{message: message} }

// Trace is the message.
func (e *Error) Trace() string { return e.message }

// OnDrop is called by the bindings when the last handle is gone.
func (e *Error) OnDrop() {}
