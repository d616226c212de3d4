//! The entry point of the Stylus program.

use crate::{Function, run};
use plimsoll_kernel::portfolio::Scratch;

#[link(wasm_import_module = "vm_hooks")]
unsafe extern "C" {
    fn read_args(dest: *mut u8);
    fn write_result(data: *const u8, len: usize);
    fn pay_for_memory_grow(pages: u16);
}

/// What portfolio margin works in: too much for the stack.
static mut SCRATCH: Scratch = Scratch::NEW;

/// Reads the request, runs it, writes the fold. Status 1 for input of another length or function.
#[unsafe(no_mangle)]
extern "C" fn user_entrypoint(len: usize) -> usize {
    let mut input = [0u8; 20];
    if len != input.len() {
        // SAFETY: no memory is involved. The import has to be there, its call is never needed.
        unsafe { pay_for_memory_grow(0) };
        return 1;
    }
    // SAFETY: the engine writes `len` bytes, the length of the array.
    unsafe { read_args(input.as_mut_ptr()) };
    let [a, b, c, d, e] = *input.as_chunks::<4>().0 else {
        return 1;
    };
    let [function, count, second, low, high] = [a, b, c, d, e].map(u32::from_le_bytes);
    let Some(function) = Function::ALL.get(function as usize) else {
        return 1;
    };
    let seed = u64::from(high) << 32 | u64::from(low);
    // SAFETY: one thread, and one call of this function in an instance.
    let scratch = unsafe { &mut *core::ptr::addr_of_mut!(SCRATCH) };
    let fold = run(*function, count, second, seed, scratch).to_le_bytes();
    // SAFETY: the engine reads the 8 bytes of the array.
    unsafe { write_result(fold.as_ptr(), fold.len()) };
    0
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Nothing here allocates, but a dependency of the kernel asks for an allocator.
struct Nothing;

// SAFETY: null means that no memory is to be had, which the contract of `GlobalAlloc` allows.
unsafe impl core::alloc::GlobalAlloc for Nothing {
    unsafe fn alloc(&self, _: core::alloc::Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: core::alloc::Layout) {}
}

#[global_allocator]
static ALLOCATOR: Nothing = Nothing;
