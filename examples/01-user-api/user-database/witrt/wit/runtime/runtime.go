// Package runtime gives the canonical ABI memory that Go's garbage collector knows of.
package runtime

import (
	"runtime"
	"unsafe"
)

// What a caller wrote for the call that is about to begin; the bindings release it once they hold it as Go values.
var arguments runtime.Pinner

// Allocate gives size bytes, pinned by pinner. Every alignment of the canonical ABI (8 at most) is met.
func Allocate(pinner *runtime.Pinner, size, align uintptr) unsafe.Pointer {
	if size == 0 {
		return unsafe.Pointer(align)
	}
	words := make([]uint64, (size+7)/8)
	pointer := unsafe.Pointer(unsafe.SliceData(words))
	pinner.Pin(pointer)
	return pointer
}

// Unpin hands the arguments of a call over to the garbage collector.
func Unpin() { arguments.Unpin() }

func reallocate(old unsafe.Pointer, oldSize, align, newSize uintptr) unsafe.Pointer {
	if newSize <= oldSize {
		return old
	}
	pointer := Allocate(&arguments, newSize, align)
	if oldSize > 0 {
		copy(unsafe.Slice((*byte)(pointer), newSize), unsafe.Slice((*byte)(old), oldSize))
	}
	return pointer
}

//go:wasmexport cabi_export_realloc
func exportRealloc(old unsafe.Pointer, oldSize, align, newSize uintptr) unsafe.Pointer {
	return reallocate(old, oldSize, align, newSize)
}

//go:wasmexport cabi_import_realloc
func importRealloc(old unsafe.Pointer, oldSize, align, newSize uintptr) unsafe.Pointer {
	return reallocate(old, oldSize, align, newSize)
}
