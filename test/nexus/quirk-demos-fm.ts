/** Demonstrations of quirks of faults: what is noticed, where it is remembered, and until when. */
import * as ddi from 'ddi-dma';
import {
  boundPage,
  entry,
  failDma,
  faultRig,
  mapped,
  orPanic,
  place,
} from '../support/fault-rig.js';
import type { BootedMachine, BootOptions } from '../../src/platforms/index.js';
import { anyAttr } from '../support/attr.js';
import { neverSwap } from '../support/system.js';
import type { Demo } from './quirk-demos.js';

const accStatus = (handle: ddi.ddi_acc_handle_t): number =>
  ddi.ddi_fm_acc_err_get(handle, ddi.DDI_FME_VERSION).fme_status;
const dmaStatus = (handle: ddi.ddi_dma_handle_t): number =>
  ddi.ddi_fm_dma_err_get(handle, ddi.DDI_FME_VERSION).fme_status;

/** Memory of 16 bytes for DMA that lies in the middle of a page. */
const someMemory = async (options: BootOptions) => {
  const { machine, dip } = await faultRig(options);
  const { handle } = ddi.must(ddi.ddi_dma_alloc_handle(dip, anyAttr(), ddi.DDI_DMA_DONTWAIT));
  const flags = ddi.DDI_DMA_CONSISTENT;
  const mem = ddi.must(ddi.ddi_dma_mem_alloc(handle, 16, neverSwap, flags, ddi.DDI_DMA_DONTWAIT));
  return { machine, mem };
};
const rulesOf = (machine: BootedMachine): readonly string[] => machine.findings.map((f) => f.rule);

export const fmDemos: readonly Demo[] = [
  {
    id: 'acc-range-unchecked',
    see: async (options) => {
      const { machine, mem } = await someMemory(options);
      // Before it, in the same page.
      const at = mem.kaddr - 8;
      ddi.ddi_put32(mem.handle, at, 0x12345678);
      const seen = machine.kernel.load32(at) === 0x12345678;
      const far = orPanic(() => ddi.ddi_get32(mem.handle, 64));
      return [seen, far, rulesOf(machine)];
    },
    on: [true, 'panic', ['ACC_RANGE', 'ACC_RANGE']],
    off: [false, 0xffffffff, ['ACC_RANGE', 'ACC_RANGE']],
  },
  {
    id: 'acc-align-unchecked',
    see: async (options) => {
      const { machine, mem } = await someMemory(options);
      ddi.ddi_put8(mem.handle, mem.kaddr, 0xaa);
      ddi.ddi_put32(mem.handle, mem.kaddr + 1, 0x12345678);
      return [ddi.ddi_get32(mem.handle, mem.kaddr + 1), rulesOf(machine)];
    },
    on: [0x12345678, ['ACC_ALIGN', 'ACC_ALIGN']],
    off: [0xffffffff, ['ACC_ALIGN', 'ACC_ALIGN']],
  },
  {
    id: 'acc-freed-unchecked',
    see: async (options) => {
      const rig = await faultRig(options);
      const { handle, addr } = mapped(rig, ddi.DDI_DEFAULT_ACC);
      ddi.ddi_regs_map_free(handle);
      return orPanic(() => ddi.ddi_get32(handle, addr));
    },
    on: 'panic',
    off: 0xffffffff,
  },
  {
    id: 'io-fault-survived',
    see: async (options) => {
      const rig = await faultRig(options);
      const { handle, addr } = mapped(rig, ddi.DDI_DEFAULT_ACC);
      rig.machine.hardware.remove(place);
      return orPanic(() => [ddi.ddi_get32(handle, addr), accStatus(handle)]);
    },
    on: [0xffffffff, 0],
    off: 'panic',
  },
  {
    id: 'access-zero-traps',
    see: async (options) => {
      const { handle, addr } = mapped(await faultRig(options), 0);
      return orPanic(() => ddi.ddi_get32(handle, addr));
    },
    on: 'panic',
    off: 0,
  },
  {
    id: 'flagerr-direct-bypass',
    see: async (options) => {
      const rig = await faultRig(options);
      rig.machine.hardware.remove(place);
      const single = mapped(rig, ddi.DDI_FLAGERR_ACC, ddi.DDI_NEVERSWAP_ACC);
      ddi.ddi_get32(single.handle, single.addr);
      const long = mapped(rig, ddi.DDI_FLAGERR_ACC, ddi.DDI_NEVERSWAP_ACC);
      ddi.ddi_get64(long.handle, long.addr);
      return [accStatus(single.handle), accStatus(long.handle)];
    },
    on: [0, -2],
    off: [-2, -2],
  },
  {
    id: 'flagerr-puts-unscanned',
    see: async (options) => {
      const rig = await faultRig(options);
      const { handle, addr } = mapped(rig);
      rig.machine.hardware.remove(place);
      ddi.ddi_put32(handle, addr, 1);
      return accStatus(handle);
    },
    on: 0,
    off: -2,
  },
  {
    id: 'faulted-handle-works',
    see: async (options) => {
      const rig = await faultRig(options);
      const { handle, addr } = mapped(rig);
      rig.device.fill(1, 0, Uint8Array.of(1, 2, 3, 4));
      rig.machine.hardware.breakRegister(place, 1, 0, { times: 1 });
      const first = ddi.ddi_get32(handle, addr);
      const second = ddi.ddi_get32(handle, addr);
      ddi.ddi_fm_acc_err_clear(handle, ddi.DDI_FME_VERSION);
      return [first, second, ddi.ddi_get32(handle, addr)];
    },
    on: [0xffffffff, 0x01020304, 0x01020304],
    off: [0xffffffff, 0xffffffff, 0x01020304],
  },
  {
    id: 'fault-records-apart',
    see: async (options) => {
      const rig = await faultRig(options);
      const { handle, addr } = mapped(rig);
      rig.machine.hardware.remove(place);
      ddi.ddi_get32(handle, addr);
      return [accStatus(handle), ddi.ddi_check_acc_handle(handle)];
    },
    on: [-2, 0],
    off: [-2, -1],
  },
  {
    id: 'unbind-clears-fault',
    see: async (options) => {
      const rig = await faultRig(options);
      const handle = boundPage(rig, 0x1200);
      failDma(rig, 0x1200008n);
      const bound = dmaStatus(handle);
      ddi.must(ddi.ddi_dma_unbind_handle(handle));
      return [bound, dmaStatus(handle)];
    },
    on: [-2, 0],
    off: [-2, -2],
  },
  {
    id: 'dma-fault-inclusive-end',
    see: async (options) => {
      const rig = await faultRig(options);
      const handles = [boundPage(rig, 0x1200), boundPage(rig, 0x1201)];
      failDma(rig, 0x1201000n);
      return handles.map(dmaStatus);
    },
    on: [-2, -2],
    off: [0, -2],
  },
  {
    id: 'dma-check-needs-handler',
    see: async (options) => {
      const rig = await faultRig(options, ddi.DDI_FM_DMACHK_CAPABLE, false);
      const handle = boundPage(rig, 0x1200);
      failDma(rig, 0x1200000n);
      return dmaStatus(handle);
    },
    on: 0,
    off: -2,
    needs: { 'io-fault-survived': true },
  },
  {
    id: 'fm-version-panics',
    see: async (options) => {
      const rig = await faultRig(options);
      const { handle } = mapped(rig);
      const answer = orPanic(() => ddi.ddi_fm_acc_err_get(handle, 7).fme_status);
      return [answer, rig.machine.findings.map((f) => f.rule)];
    },
    on: ['panic', []],
    off: [0, ['BAD_ARGUMENT']],
  },
  {
    id: 'fm-version-unwritten',
    see: async (options) => {
      const { handle } = mapped(await faultRig(options));
      return ddi.ddi_fm_acc_err_get(handle, ddi.DDI_FME_VERSION).fme_version;
    },
    on: 0,
    off: 1,
  },
  {
    id: 'fm-fini-dereferences-null',
    see: async (options) => {
      const rig = await faultRig(options, ddi.DDI_FM_NOT_CAPABLE, false);
      let seen: unknown = 'nothing';
      await entry(rig, 'detach', () => {
        seen = orPanic(() => {
          ddi.ddi_fm_fini(rig.dip);
          return 'returned';
        });
      });
      return [seen, rig.machine.findings.length];
    },
    on: ['panic', 0],
    off: ['returned', 0],
  },
  {
    id: 'fm-fini-misspelt',
    see: async (options) => {
      const rig = await faultRig(options, 15, false);
      await entry(rig, 'detach', () => {
        ddi.ddi_fm_fini(rig.dip);
      });
      return rig.machine.faultManagement(rig.dip).properties;
    },
    on: ['fm-accchk-capable'],
    off: [],
  },
];
