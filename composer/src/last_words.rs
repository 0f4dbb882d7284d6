//! What an abort leaves behind: the panic's message, and whether memory ran out. The host reads it from linear memory,
//! because an aborted component can't be called any more.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::fmt::Write;
use std::sync::Once;

const TEXT: usize = 2000;

#[repr(C)]
struct LastWords {
    out_of_memory: u32,
    length: u32,
    text: [u8; TEXT],
}

struct Shared(UnsafeCell<LastWords>);
// There is one thread.
unsafe impl Sync for Shared {}
static LAST_WORDS: Shared = Shared(UnsafeCell::new(LastWords { out_of_memory: 0, length: 0, text: [0; TEXT] }));

/// The system's allocator, with a note when it gives nothing.
struct Noting;
#[global_allocator]
static ALLOCATOR: Noting = Noting;

unsafe impl GlobalAlloc for Noting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(unsafe { System.alloc(layout) })
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(unsafe { System.alloc_zeroed(layout) })
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(unsafe { System.realloc(pointer, layout, size) })
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn note(pointer: *mut u8) -> *mut u8 {
    if pointer.is_null() {
        unsafe { (*LAST_WORDS.0.get()).out_of_memory = 1 };
    }
    pointer
}

impl Write for LastWords {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let at = self.length as usize;
        let end = (at + text.len()).min(TEXT);
        self.text[at..end].copy_from_slice(&text.as_bytes()[..end - at]);
        self.length = end as u32;
        Ok(())
    }
}

/// Keeps the message of a panic; without it, an abort says nothing.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            let words = unsafe { &mut *LAST_WORDS.0.get() };
            words.length = 0;
            let _ = write!(words, "{panic}");
        }));
    });
}

pub fn address() -> u32 {
    LAST_WORDS.0.get() as usize as u32
}

pub fn memory_bytes() -> u32 {
    #[cfg(target_family = "wasm")]
    return (core::arch::wasm32::memory_size(0) * 65536) as u32;
    #[cfg(not(target_family = "wasm"))]
    0
}
