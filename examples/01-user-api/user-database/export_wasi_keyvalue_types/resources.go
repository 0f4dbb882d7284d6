package export_wasi_keyvalue_types

import (
	"runtime"

	"go.bytecodealliance.org/pkg/wit/types"
	"wit_component/export_wasi_keyvalue_wasi_keyvalue_error"
	"wit_component/users"
)

// Bucket is the resource `bucket`: one of the constant sets.
type Bucket struct {
	pinner runtime.Pinner
	handle int32
	// Values by key; read only.
	Values map[string]string
}

// BucketOpenBucket finds a bucket by its name.
func BucketOpenBucket(name string) types.Result[*Bucket, *Error] {
	values, found := users.Buckets[name]
	if !found {
		return types.Err[*Bucket](export_wasi_keyvalue_wasi_keyvalue_error.New("no bucket of this name: " + name))
	}
	return types.Ok[*Bucket, *Error](&Bucket{Values: values})
}

// OnDrop is called by the bindings when the last handle is gone.
func (b *Bucket) OnDrop() {}

// IncomingValue is the resource `incoming-value`: a value that was read.
type IncomingValue struct {
	pinner runtime.Pinner
	handle int32
	value  string
}

// NewIncomingValue makes a value to be read by the caller.
func NewIncomingValue(value string) *IncomingValue { return &IncomingValue{value: value} }

// IncomingValueConsumeSync gives all bytes at once.
func (v *IncomingValue) IncomingValueConsumeSync() types.Result[[]uint8, *Error] {
	return types.Ok[[]uint8, *Error]([]uint8(v.value))
}

// IncomingValueSize is the length in bytes.
func (v *IncomingValue) IncomingValueSize() types.Result[uint64, *Error] {
	return types.Ok[uint64, *Error](uint64(len(v.value)))
}

// OnDrop is called by the bindings when the last handle is gone.
func (v *IncomingValue) OnDrop() {}

// OutgoingValue is the resource `outgoing-value`. It takes a value, which this database then refuses to store.
type OutgoingValue struct {
	pinner runtime.Pinner
	handle int32
	value  []uint8
}

// OutgoingValueNewOutgoingValue makes an empty value.
func OutgoingValueNewOutgoingValue() *OutgoingValue { return &OutgoingValue{} }

// OutgoingValueWriteBodySync sets the bytes.
func (v *OutgoingValue) OutgoingValueWriteBodySync(value []uint8) types.Result[types.Unit, *Error] {
	v.value = append([]uint8(nil), value...)
	return types.Ok[types.Unit, *Error](types.Unit{})
}

// OnDrop is called by the bindings when the last handle is gone.
func (v *OutgoingValue) OnDrop() {}
