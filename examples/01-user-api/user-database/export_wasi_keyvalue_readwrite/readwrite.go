package export_wasi_keyvalue_readwrite

import (
	"go.bytecodealliance.org/pkg/wit/types"
	"wit_component/example_logger_log"
	"wit_component/export_wasi_keyvalue_types"
	"wit_component/export_wasi_keyvalue_wasi_keyvalue_error"
)

// Get reads a value; none where the key does not exist.
func Get(bucket *Bucket, key string) types.Result[types.Option[*IncomingValue], *Error] {
	found := types.None[*IncomingValue]()
	if value, ok := bucket.Values[key]; ok {
		found = types.Some(export_wasi_keyvalue_types.NewIncomingValue(value))
	}
	return types.Ok[types.Option[*IncomingValue], *Error](found)
}

// Exists says whether there is such a key.
func Exists(bucket *Bucket, key string) types.Result[bool, *Error] {
	_, ok := bucket.Values[key]
	return types.Ok[bool, *Error](ok)
}

// Set is refused: the set of users is constant.
func Set(bucket *Bucket, key string, value *OutgoingValue) types.Result[types.Unit, *Error] {
	return refuse("set", key)
}

// Delete is refused: the set of users is constant.
func Delete(bucket *Bucket, key string) types.Result[types.Unit, *Error] {
	return refuse("delete", key)
}

func refuse(what, key string) types.Result[types.Unit, *Error] {
	message := "db: the users are constant, refused to " + what + " " + key
	example_logger_log.Write(example_logger_log.MakeLevelWarn(), message)
	return types.Err[types.Unit](export_wasi_keyvalue_wasi_keyvalue_error.New(message))
}
