/** Faults: what breaks, who hears of it, and what is remembered. */
import { describe, expect, it } from 'vitest';
import * as ddi from '../../src/index.js';
import { BREAK_LIMIT } from '../../src/machine/hardware-faults.js';
import { EREPORT_LIMIT } from '../../src/machine/error-log.js';
import { boundPage, entry, failDma, faultRig, mapped, place } from '../support/fault-rig.js';

const rulesOf = (machine: { findings: readonly { rule: string }[] }): string[] =>
  // What is left at a detach is not what these tests are about.
  machine.findings.map((f) => f.rule).filter((rule) => !rule.startsWith('LEAK'));
const accStatus = (handle: ddi.ddi_acc_handle_t): number =>
  ddi.ddi_fm_acc_err_get(handle, ddi.DDI_FME_VERSION).fme_status;
const dmaStatus = (handle: ddi.ddi_dma_handle_t): number =>
  ddi.ddi_fm_dma_err_get(handle, ddi.DDI_FME_VERSION).fme_status;

describe('broken hardware', () => {
  it('a register is broken for as many accesses as asked', async () => {
    const rig = await faultRig();
    const { handle, addr } = mapped(rig, ddi.DDI_CAUTIOUS_ACC);
    rig.device.fill(1, 8, Uint8Array.of(1, 2, 3, 4));
    rig.machine.hardware.breakRegister(place, 1, 8, { times: 2 });
    const seen: number[] = [];
    for (let i = 0; i < 3; i++) {
      seen.push(ddi.ddi_get32(handle, addr + 8));
      ddi.ddi_fm_acc_err_clear(handle, ddi.DDI_FME_VERSION);
    }
    expect(seen).toEqual([0xffffffff, 0xffffffff, 0x01020304]);
    expect(rig.told.length).toBe(2);
  });

  it('a break covers its bytes and no others, in every width', async () => {
    const rig = await faultRig();
    rig.machine.hardware.breakRegister(place, 1, 6, { bytes: 2 });
    const faulty = (read: (h: ddi.ddi_acc_handle_t, at: number) => unknown, off: number) => {
      const { handle, addr } = mapped(rig, ddi.DDI_CAUTIOUS_ACC);
      read(handle, addr + off);
      return accStatus(handle) !== ddi.DDI_FM_OK;
    };
    expect([5, 6, 7, 8].map((off) => faulty(ddi.ddi_get8, off))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect([4, 6, 8].map((off) => faulty(ddi.ddi_get16, off))).toEqual([false, true, false]);
    expect([0, 4, 8].map((off) => faulty(ddi.ddi_get32, off))).toEqual([false, true, false]);
    expect([0, 8].map((off) => faulty(ddi.ddi_get64, off))).toEqual([true, false]);
  });

  it('a broken register sees no write', async () => {
    const rig = await faultRig();
    const { handle, addr } = mapped(rig);
    rig.device.fill(1, 0, Uint8Array.of(1, 2, 3, 4));
    rig.machine.hardware.breakRegister(place, 1, 0);
    ddi.ddi_put32(handle, addr, 0);
    expect(rig.device.bytes(1, 0, 4)).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(accStatus(handle)).toBe(ddi.DDI_FM_NONFATAL);
  });

  it('a link that was down finds the device as it was; a removed device starts anew', async () => {
    const rig = await faultRig();
    rig.device.fill(1, 0, Uint8Array.of(7));
    rig.machine.hardware.breakLink(place);
    rig.machine.hardware.mend(place);
    expect(rig.device.bytes(1, 0, 1)).toEqual(Uint8Array.of(7));
    rig.machine.hardware.remove(place);
    rig.machine.hardware.mend(place);
    expect(rig.device.bytes(1, 0, 1)).toEqual(Uint8Array.of(0));
    expect(rig.machine.hardware.active).toBe(false);
  });

  it('behind a link that is down a device reaches nothing, and nobody is told', async () => {
    const rig = await faultRig();
    const handle = boundPage(rig, 0x1200);
    rig.machine.hardware.breakLink(place);
    expect(() => rig.device.read(0x1200000n, 4)).toThrow('the access was broken off');
    rig.machine.sched.settle();
    expect(dmaStatus(handle)).toBe(ddi.DDI_FM_OK);
  });

  it('only the device it was broken for meets a broken address', async () => {
    const rig = await faultRig();
    boundPage(rig, 0x1200);
    rig.machine.hardware.breakAddress('probe@1', 0x1200000n);
    expect(rig.device.read(0x1200000n, 1).length).toBe(1);
  });

  it('breakBinding breaks one byte of what is bound', async () => {
    const rig = await faultRig();
    const handle = boundPage(rig, 0x1200);
    rig.machine.breakBinding(handle, 5);
    rig.device.write(0x1200004n, Uint8Array.of(1));
    rig.device.write(0x1200006n, Uint8Array.of(1));
    rig.machine.sched.settle();
    expect(dmaStatus(handle)).toBe(ddi.DDI_FM_OK);
    expect(() => {
      rig.device.write(0x1200005n, Uint8Array.of(1));
    }).toThrow('broken off');
    rig.machine.sched.settle();
    expect(dmaStatus(handle)).toBe(ddi.DDI_FM_NONFATAL);
    expect(() => {
      rig.machine.breakBinding(handle, 4096);
    }).toThrow('has no byte 4096');
  });

  it('refuses what there is not', async () => {
    const { machine } = await faultRig();
    const { hardware } = machine;
    expect(() => {
      hardware.breakRegister(place, 9, 0);
    }).toThrow('has no 4 bytes at 0 of register set 9');
    expect(() => {
      hardware.breakRegister(place, 1, 4093);
    }).toThrow(RangeError);
    expect(() => {
      hardware.breakLink('nobody@1');
    }).toThrow('no device was plugged in at nobody@1');
    expect(() => {
      hardware.breakAddress(place, 0n, { times: 0 });
    }).toThrow(RangeError);
    expect(hardware.active).toBe(false);
    for (let i = 0; i < BREAK_LIMIT; i++) hardware.breakAddress(place, BigInt(i));
    expect(() => {
      hardware.breakAddress(place, 0n);
    }).toThrow('places are broken already');
    hardware.mend(place);
    expect(hardware.active).toBe(false);
  });

  it('a reset mends everything', async () => {
    const rig = await faultRig();
    mapped(rig);
    rig.machine.hardware.remove(place);
    ddi.ddi_fm_service_impact(rig.dip, ddi.DDI_SERVICE_LOST);
    rig.machine.reset(1);
    expect(rig.machine.hardware.active).toBe(false);
    expect(rig.machine.ereports).toEqual([]);
    expect(ddi.ddi_get_devstate(rig.dip)).toBe(ddi.DDI_DEVSTATE_UP);
    expect(rig.machine.faultManagement(rig.dip)).toEqual({
      capability: 0,
      properties: [],
      handlers: 0,
      stats: null,
    });
  });
});

describe('who hears of a fault', () => {
  it('nobody who asked for no mark: the system panics', async () => {
    const rig = await faultRig();
    const { handle, addr } = mapped(rig, ddi.DDI_DEFAULT_ACC);
    rig.machine.hardware.remove(place);
    expect(() => ddi.ddi_get8(handle, addr)).toThrow('ddi_get8: bad trap: no answer to a read');
    expect(() => ddi.ddi_get8(handle, addr)).toThrow('bad trap');
  });

  it('DMA at an address that no watched binding covers panics', async () => {
    const rig = await faultRig();
    boundPage(rig, 0x1200);
    rig.machine.place([0x1300]);
    expect(() => {
      failDma(rig, 0x1300000n);
    }).toThrow('DMA at 0x1300000 was not answered');
  });

  it('handlers are called newest first, and twice when registered twice', async () => {
    const rig = await faultRig();
    const calls: string[] = [];
    const note = (_dip: unknown, _error: unknown, name: string): number => {
      calls.push(name);
      return ddi.DDI_FM_OK;
    };
    const other = { machine: rig.machine, dip: rig.machine.devinfo('probe@1') };
    await entry(other, 'attach', () => {
      ddi.ddi_fm_init(other.dip, 15);
      ddi.ddi_fm_handler_register(other.dip, note, 'first');
      ddi.ddi_fm_handler_register(other.dip, note, 'second');
    });
    const { handle, addr } = mapped(rig);
    rig.machine.hardware.breakRegister(place, 1, 0);
    ddi.ddi_get32(handle, addr);
    expect(calls).toEqual(['second', 'first']);
    expect(rig.told.length).toBe(1);
    await entry(other, 'detach', () => {
      ddi.ddi_fm_handler_unregister(other.dip);
    });
    ddi.ddi_fm_acc_err_clear(handle, 1);
    ddi.ddi_get32(handle, addr);
    expect(calls).toEqual(['second', 'first', 'first']);
  });

  it('a handler that meets an error itself is not called for it', async () => {
    const rig = await faultRig();
    const { handle, addr } = mapped(rig, ddi.DDI_CAUTIOUS_ACC);
    const other = { machine: rig.machine, dip: rig.machine.devinfo('probe@1') };
    let calls = 0;
    await entry(other, 'attach', () => {
      ddi.ddi_fm_init(other.dip, 15);
      const again = (): number => {
        calls++;
        ddi.ddi_get32(handle, addr + 4);
        return ddi.DDI_FM_OK;
      };
      ddi.ddi_fm_handler_register(other.dip, again, null);
    });
    rig.machine.hardware.remove(place);
    ddi.ddi_get32(handle, addr);
    expect(calls).toBe(1);
  });

  it('a handler answers with a status, and anything else is reported', async () => {
    const rig = await faultRig();
    rig.answer = 17;
    const { handle, addr } = mapped(rig);
    rig.machine.hardware.breakRegister(place, 1, 0);
    ddi.ddi_get32(handle, addr);
    expect(rulesOf(rig.machine)).toEqual(['BAD_ARGUMENT']);
  });

  it('a fatal answer to a DMA error takes the system down', async () => {
    const rig = await faultRig();
    rig.answer = ddi.DDI_FM_FATAL;
    boundPage(rig, 0x1200);
    expect(() => {
      failDma(rig, 0x1200000n);
    }).toThrow('/pci@0/probe@0: fatal error');
  });

  it('errors of a driver are counted', async () => {
    const rig = await faultRig();
    const { handle, addr } = mapped(rig);
    boundPage(rig, 0x1200);
    failDma(rig, 0x1200000n);
    rig.machine.hardware.breakRegister(place, 1, 0);
    ddi.ddi_get32(handle, addr);
    expect(rig.machine.faultManagement(rig.dip).stats).toMatchObject({ acc_err: 1, dma_err: 1 });
  });

  it('a handle that the bus does not know is a miss when it is freed', async () => {
    const rig = await faultRig({}, ddi.DDI_FM_NOT_CAPABLE, false);
    const handle = boundPage(rig, 0x1200);
    ddi.must(ddi.ddi_dma_unbind_handle(handle));
    await entry(rig, 'detach', () => {
      ddi.ddi_fm_fini(rig.dip);
    });
    await entry(rig, 'attach', () => {
      ddi.ddi_fm_init(rig.dip, ddi.DDI_FM_DMACHK_CAPABLE);
    });
    ddi.ddi_dma_free_handle(handle);
    expect(rig.machine.faultManagement(rig.dip).stats?.fm_cache_miss).toBe(1);
  });
});

describe('windows', () => {
  it('an error in any window of a binding is found', async () => {
    const rig = await faultRig();
    const { machine, dip } = rig;
    const attr = {
      dma_attr_version: 0,
      dma_attr_addr_lo: 0n,
      dma_attr_addr_hi: 0xffffffffn,
      dma_attr_count_max: 0xffffffffn,
      dma_attr_align: 1n,
      dma_attr_burstsizes: 1,
      dma_attr_minxfer: 1,
      dma_attr_maxxfer: 0xffffffffn,
      dma_attr_seg: 0xffffffffn,
      dma_attr_sgllen: 1,
      dma_attr_granular: 1,
      dma_attr_flags: ddi.DDI_DMA_FLAGERR,
    };
    const { handle } = ddi.must(ddi.ddi_dma_alloc_handle(dip, attr, ddi.DDI_DMA_DONTWAIT));
    const va = machine.place([0x1200, 0x1300, 0x1400]);
    const flags = ddi.DDI_DMA_RDWR | ddi.DDI_DMA_PARTIAL;
    const bound = ddi.ddi_dma_addr_bind_handle(handle, null, va, 12288, flags, 0);
    expect(ddi.must(bound).rval).toBe(ddi.DDI_DMA_PARTIAL_MAP);
    failDma(rig, 0x1400fffn);
    expect(dmaStatus(handle)).toBe(ddi.DDI_FM_NONFATAL);
  });
});

describe('service and reports', () => {
  it('the state follows the impacts, and each is reported', async () => {
    const { dip, machine } = await faultRig();
    const seen = [-16, -32, -16, 0, 16].map((impact) => {
      ddi.ddi_fm_service_impact(dip, impact);
      return ddi.ddi_get_devstate(dip);
    });
    // Degraded, down, still down, still down, up.
    expect(seen).toEqual([16, -16, -16, -16, 32]);
    expect(machine.ereports.map((r) => r.class.slice('ereport.io.service.'.length))).toEqual([
      'degraded',
      'lost',
      'lost',
      'unaffected',
      'restored',
    ]);
    expect(new Set(machine.ereports.map((r) => r.ena)).size).toBe(5);
  });

  it('an impact the headers do not have changes nothing', async () => {
    const { dip, machine } = await faultRig();
    ddi.ddi_fm_service_impact(dip, 5);
    expect(ddi.ddi_get_devstate(dip)).toBe(ddi.DDI_DEVSTATE_UP);
    expect(rulesOf(machine)).toEqual(['BAD_ARGUMENT']);
    expect(machine.ereports).toEqual([]);
  });

  const start = [ddi.FM_VERSION, ddi.DATA_TYPE_UINT8, ddi.FM_EREPORT_VERS0] as const;

  it('a report has its class, its detector, its number and its members', async () => {
    const { dip, machine } = await faultRig();
    const members = ['status', ddi.DATA_TYPE_UINT32, 5, 'who', ddi.DATA_TYPE_STRING, 'me'] as const;
    ddi.ddi_fm_ereport_post(dip, 'device.stall', 77n, 1, ...start, ...members, null);
    expect(machine.ereports).toEqual([
      {
        class: 'ereport.io.device.stall',
        detector: '/pci@0/probe@0',
        ena: 77n,
        atNs: 0,
        payload: { version: 0, status: 5, who: 'me' },
      },
    ]);
  });

  it.each([
    ['no end', [...start]],
    ['no version', ['a', ddi.DATA_TYPE_UINT8, 1, null]],
    ['a name that is none', [...start, 5, ddi.DATA_TYPE_UINT8, 1, null]],
    ['a value too large', [...start, 'a', ddi.DATA_TYPE_UINT8, 256, null]],
    ['a negative value', [...start, 'a', ddi.DATA_TYPE_UINT32, -1, null]],
    ['a fraction', [...start, 'a', ddi.DATA_TYPE_INT32, 1.5, null]],
    ['a number for a bigint', [...start, 'a', ddi.DATA_TYPE_UINT64, 1, null]],
    ['a type the headers do not have', [...start, 'a', 99, 1, null]],
    ['a value left out', [...start, 'a', ddi.DATA_TYPE_STRING, null]],
  ])('members with %s are refused', async (_what, members) => {
    const { dip, machine } = await faultRig();
    ddi.ddi_fm_ereport_post(dip, 'device.stall', 0n, 1, ...members);
    expect(rulesOf(machine)).toEqual(['BAD_ARGUMENT']);
    expect(machine.ereports).toEqual([]);
  });

  it.each(['', 'device.', 'a b', '.a'])('class "%s" is refused', async (error_class) => {
    const { dip, machine } = await faultRig();
    ddi.ddi_fm_ereport_post(dip, error_class, 0n, 1, ...start, null);
    expect(rulesOf(machine)).toEqual(['BAD_ARGUMENT']);
  });

  it('a driver that declared nothing reports nothing', async () => {
    const { dip, machine } = await faultRig({}, ddi.DDI_FM_ACCCHK_CAPABLE, false);
    ddi.ddi_fm_ereport_post(dip, 'device.stall', 0n, 1, ...start, null);
    expect(machine.ereports).toEqual([]);
    expect(machine.findings).toEqual([]);
  });

  it('a report that sleeps has no place in an interrupt', async () => {
    const { dip, machine } = await faultRig();
    const post = (): void => {
      ddi.ddi_fm_ereport_post(dip, 'device.stall', 0n, ddi.DDI_SLEEP, ...start, null);
    };
    machine.intr.trigger(machine.intr.softint('test', 4, post));
    machine.sched.settle();
    expect(rulesOf(machine)).toEqual(['SLEEP_IN_INTERRUPT']);
    post();
    expect(machine.ereports.length).toBe(1);
  });

  it('what there is no room for is counted', async () => {
    const { dip, machine } = await faultRig();
    for (let i = 0; i < EREPORT_LIMIT + 3; i++) ddi.ddi_fm_service_impact(dip, 0);
    expect(machine.ereports.length).toBe(EREPORT_LIMIT);
    expect(machine.faultManagement(dip).stats?.erpt_dropped).toBe(3);
  });

  it('no two errors have the same number, and the format is in it', async () => {
    const { machine } = await faultRig();
    const numbers = Array.from({ length: 100 }, () => machine.kernel.fm_ena_generate(0, 1));
    expect(new Set(numbers).size).toBe(100);
    expect(numbers.every((ena) => (ena & 3n) === 1n)).toBe(true);
    expect(() => machine.kernel.fm_ena_generate(0, 2)).toThrow('there is no format 2');
  });
});

describe('order', () => {
  it('whoever declares himself twice is told what he was granted', async () => {
    const rig = await faultRig({}, 3, false);
    await entry(rig, 'detach', () => undefined);
    await entry(rig, 'attach', () => {
      expect(ddi.ddi_fm_init(rig.dip, 15).fm_capability).toBe(3);
    });
    expect(rulesOf(rig.machine)).toEqual(['FM_ORDER']);
  });

  it('ddi_fm_fini without ddi_fm_init is reported', async () => {
    const rig = await faultRig();
    await entry(rig, 'detach', () => {
      ddi.ddi_fm_fini(rig.dip);
      ddi.ddi_fm_fini(rig.dip);
    });
    expect(rulesOf(rig.machine)).toEqual(['FM_ORDER']);
    expect(rig.machine.probe.live()).toEqual([]);
  });

  it('a handler needs a grant, to be registered and to be taken away', async () => {
    const rig = await faultRig({}, 2, true);
    expect(rig.machine.faultManagement(rig.dip).handlers).toBe(0);
    await entry(rig, 'detach', () => {
      ddi.ddi_fm_handler_unregister(rig.dip);
    });
    expect(rulesOf(rig.machine)).toEqual(['FM_ORDER', 'FM_ORDER']);
  });

  it('a handler that is not there cannot be taken away', async () => {
    const rig = await faultRig({}, 15, false);
    await entry(rig, 'detach', () => {
      ddi.ddi_fm_handler_unregister(rig.dip);
    });
    expect(rulesOf(rig.machine)).toEqual(['FM_ORDER']);
  });

  it.each([16, -1, 1.5, Number.NaN])('capability %s is refused', async (capability) => {
    const rig = await faultRig({}, 15, false);
    await entry(rig, 'detach', () => {
      ddi.ddi_fm_fini(rig.dip);
    });
    await entry(rig, 'attach', () => {
      expect(ddi.ddi_fm_init(rig.dip, capability).fm_capability).toBe(0);
    });
    expect(rulesOf(rig.machine)).toEqual(['BAD_ARGUMENT']);
    expect(rig.machine.faultManagement(rig.dip).capability).toBe(0);
  });

  it('an entry point that throws is left all the same', async () => {
    const rig = await faultRig({}, 15, false);
    const thrown = entry(rig, 'detach', () => {
      throw new Error('no');
    });
    await expect(thrown).rejects.toThrow('no');
    ddi.ddi_fm_fini(rig.dip);
    expect(rulesOf(rig.machine)).toEqual(['CONTEXT']);
  });

  it('a handle without an error, and no handle, are told apart from one with', async () => {
    const { machine, ...rig } = await faultRig();
    const { handle } = mapped(rig);
    expect(accStatus(handle)).toBe(ddi.DDI_FM_OK);
    expect(ddi.ddi_fm_acc_err_get(null, 1).fme_status).toBe(ddi.DDI_FM_OK);
    expect(ddi.ddi_fm_dma_err_get(null, 1).fme_status).toBe(ddi.DDI_FM_OK);
    ddi.ddi_fm_acc_err_clear(null, 1);
    ddi.ddi_fm_dma_err_clear(null, 1);
    expect(machine.findings).toEqual([]);
  });

  it('version 0 is reported, and answered as such', async () => {
    const { machine, ...rig } = await faultRig();
    const { handle } = mapped(rig);
    expect(ddi.ddi_fm_acc_err_get(handle, ddi.DDI_FME_VER0).fme_version).toBe(0);
    expect(rulesOf(machine)).toEqual(['BAD_ARGUMENT']);
  });
});
