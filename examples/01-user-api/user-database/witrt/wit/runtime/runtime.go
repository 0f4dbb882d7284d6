// Package runtime gives the canonical ABI memory that Go's garbage collector knows of.
package runtime

import (
	"runtime"
	"unsafe"
)

// What a caller writes for the call that is about to begin lies here, and is valid until that call returns.
//
// It must not be allocated by Go: an allocation may begin a collection, which asks WASI for the time, and a component may
// call nothing while its caller allocates in it. That would end the instance, "cannot leave component instance".
var arena = make([]uint64, 8192)
var used uintptr

// Arguments beyond the arena's 64 KiB, on Go's heap all the same.
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

// Unpin ends the writing of arguments; the bindings call it at the beginning of a call. What the call wants to keep, it copies.
func Unpin() {
	used = 0
	arguments.Unpin()
}

func reallocate(old unsafe.Pointer, oldSize, align, newSize uintptr) unsafe.Pointer {
	if newSize <= oldSize {
		return old
	}
	pointer := take(newSize, align)
	if oldSize > 0 {
		copy(unsafe.Slice((*byte)(pointer), newSize), unsafe.Slice((*byte)(old), oldSize))
	}
	return pointer
}

func take(size, align uintptr) unsafe.Pointer {
	words := (size + 7) / 8
	if words > uintptr(len(arena))-used {
		return Allocate(&arguments, size, align)
	}
	pointer := unsafe.Pointer(&arena[used])
	used += words
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
