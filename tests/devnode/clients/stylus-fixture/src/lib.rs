//! A sum in storage, without the SDK: 32 bytes of calldata are added to slot 0 and the sum is
//! returned; no calldata reads it; anything else reverts.
#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(target_arch = "wasm32")]
mod program {
    #[link(wasm_import_module = "vm_hooks")]
    unsafe extern "C" {
        fn read_args(dest: *mut u8);
        fn write_result(data: *const u8, len: usize);
        fn storage_load_bytes32(key: *const u8, dest: *mut u8);
        fn storage_cache_bytes32(key: *const u8, value: *const u8);
        fn storage_flush_cache(clear: u32);
        fn pay_for_memory_grow(pages: u16);
    }

    #[unsafe(no_mangle)]
    extern "C" fn user_entrypoint(len: usize) -> usize {
        let key = [0u8; 32];
        let mut sum = [0u8; 32];
        // SAFETY: every pointer is to 32 bytes of this frame, and `read_args` writes `len` bytes.
        unsafe {
            storage_load_bytes32(key.as_ptr(), sum.as_mut_ptr());
            match len {
                0 => {}
                32 => {
                    let mut more = [0u8; 32];
                    read_args(more.as_mut_ptr());
                    let mut carry = 0u16;
                    for (a, b) in sum.iter_mut().zip(&more).rev() {
                        carry += u16::from(*a) + u16::from(*b);
                        *a = carry as u8;
                        carry >>= 8;
                    }
                    storage_cache_bytes32(key.as_ptr(), sum.as_ptr());
                    storage_flush_cache(0);
                }
                _ => return 1,
            }
            write_result(sum.as_ptr(), sum.len());
        }
        0
    }

    /// Nitro wants this import in a module whose memory could grow.
    #[unsafe(no_mangle)]
    extern "C" fn mark_used() {
        // SAFETY: never called; named here so that the import is there.
        unsafe { pay_for_memory_grow(0) }
    }

    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }
}
