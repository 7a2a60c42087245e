/** Demonstrations of quirks of bufs and of user memory, as quirk-demos.ts defines them. */
import * as ddi from 'ddi-dma';
import { given, pattern, rulesOf, userSystem } from '../support/user.js';
import type { Demo } from './quirk-demos.js';

/** The demonstrations. */
export const userDemos: readonly Demo[] = [
  {
    id: 'empty-buf-maps',
    see: (options) => {
      const { machine, handle } = userSystem(options);
      const va = given(machine.kernel.kmem_alloc(64, ddi.KM_SLEEP));
      const bp = given(machine.kernel.getrbuf(ddi.KM_SLEEP));
      bp.b_flags |= ddi.B_READ;
      bp.b_addr = va;
      const { DDI_DMA_READ, DDI_DMA_DONTWAIT } = ddi;
      const bound = ddi.ddi_dma_buf_bind_handle(handle, bp, DDI_DMA_READ, DDI_DMA_DONTWAIT);
      return bound.isOk() ? bound.value.ccount : bound.error.name;
    },
    on: 0,
    off: 'DDI_DMA_NOMAPPING',
  },
  {
    id: 'umem-lock-both-ways',
    see: async (options) => {
      const { machine, process } = userSystem(options);
      const addr = process.as.map(4096);
      const both = ddi.DDI_UMEMLOCK_READ | ddi.DDI_UMEMLOCK_WRITE;
      const locked = await process.run(() => machine.kernel.ddi_umem_lock(addr, 4096, both));
      return locked.isOk() ? 'success' : locked.error.name;
    },
    on: 'success',
    off: 'EINVAL',
  },
  {
    id: 'iosetup-umem-alloc',
    see: (options) => {
      const { machine } = userSystem(options);
      const { cookie } = given(machine.kernel.ddi_umem_alloc(4096, ddi.DDI_UMEM_SLEEP));
      const bp = ddi.ddi_umem_iosetup(cookie, 0, 512, ddi.B_WRITE, 0, 0, null, ddi.DDI_UMEM_SLEEP);
      return [bp !== null, rulesOf(machine)];
    },
    on: [true, []],
    off: [false, ['BAD_ARGUMENT']],
  },
  {
    id: 'physio-checks-each-piece',
    see: async (options) => {
      const { machine, process } = userSystem(options);
      const fine = process.as.map(4096);
      const uio = process.uio([
        [fine, 512],
        [0x90000000, 512],
      ]);
      let transfers = 0;
      const strategy = (bp: ddi.buf_t): number => {
        transfers++;
        ddi.biodone(bp);
        return 0;
      };
      const { physio } = machine.kernel;
      const rv = await process.run(() => physio(strategy, null, 7, ddi.B_READ, ddi.minphys, uio));
      return [rv === ddi.EFAULT, transfers];
    },
    on: [true, 1],
    off: [true, 0],
  },
  {
    id: 'bp-copy-short-first-page',
    see: (options) => {
      const { machine } = userSystem(options);
      const va = given(machine.kernel.kmem_alloc(200, ddi.KM_SLEEP));
      const list = machine.users.createPageList(2);
      list.write(0, pattern(8192));
      const bp = machine.users.pageioBuf(list, 0, 8192, ddi.B_WRITE);
      const rv = ddi.bp_copyin(bp, va, 100, 200);
      const got = machine.kernel.copyBytesOut(va, 200);
      return [rv, Buffer.compare(got, pattern(8192).subarray(100, 300)) === 0];
    },
    on: [0, false],
    off: [0, true],
  },
];
