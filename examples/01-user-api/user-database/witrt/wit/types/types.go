// Package types has the WIT types that Go lacks.
package types

// Tags of Result and Option, as the bindings compare them.
const (
	ResultOk   = 0
	ResultErr  = 1
	OptionNone = 0
	OptionSome = 1
)

// Unit is the value of a case that carries none.
type Unit struct{}

// Result is either the value or the error of a WIT result.
type Result[T, E any] struct {
	tag uint8
	ok  T
	err E
}

// Ok makes a successful result.
func Ok[T, E any](value T) Result[T, E] { return Result[T, E]{tag: ResultOk, ok: value} }

// Err makes a failed result.
func Err[T, E any](value E) Result[T, E] { return Result[T, E]{tag: ResultErr, err: value} }

// Tag is ResultOk or ResultErr.
func (r Result[T, E]) Tag() uint8 { return r.tag }

// Ok is the value; it panics on a failed result.
func (r Result[T, E]) Ok() T {
	if r.tag != ResultOk {
		panic("the result is an error")
	}
	return r.ok
}

// Err is the error; it panics on a successful result.
func (r Result[T, E]) Err() E {
	if r.tag != ResultErr {
		panic("the result is not an error")
	}
	return r.err
}

// Option is a WIT option.
type Option[T any] struct {
	tag   uint8
	value T
}

// Some makes an option with a value.
func Some[T any](value T) Option[T] { return Option[T]{tag: OptionSome, value: value} }

// None makes an option without one.
func None[T any]() Option[T] { return Option[T]{} }

// Tag is OptionNone or OptionSome.
func (o Option[T]) Tag() uint8 { return o.tag }

// Some is the value; it panics where there is none.
func (o Option[T]) Some() T {
	if o.tag != OptionSome {
		panic("the option is none")
	}
	return o.value
}
