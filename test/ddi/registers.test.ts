/** Register sets: configuration space, ports, the old mappings, peeks; what conformance leaves. */
import { describe, expect, it } from 'vitest';
import * as ddi from '../../src/index.js';
import { ProbeDevice } from '../../src/conformance/probe-device.js';
import { boot, copyEngine, type BootOptions } from '../../src/platforms/index.js';
import { neverSwap } from '../support/system.js';

function probed(options: BootOptions = {}) {
  const model = (env: ConstructorParameters<typeof ProbeDevice>[0]) => new ProbeDevice(env, {});
  const machine = boot({
    ...options,
    devices: [
      { at: 'probe@0', model },
      { at: 'copy@1', model: copyEngine() },
    ],
  });
  const probe = machine.device('probe@0') as ProbeDevice;
  return { machine, probe, dip: machine.devinfo('probe@0'), copy: machine.devinfo('copy@1') };
}

const rules = (machine: ReturnType<typeof probed>['machine']): string[] =>
  machine.findings.map((f) => f.rule);

describe('I/O space', () => {
  it('is reached by port numbers, from the offset asked for', () => {
    const { machine, probe, dip } = probed();
    const ports = ddi.must(ddi.ddi_regs_map_setup(dip, 3, 0, 0, neverSwap));
    const rest = ddi.must(ddi.ddi_regs_map_setup(dip, 3, 8, 8, neverSwap));
    expect(ports.addr).toBe(0x1000);
    expect(rest.addr).toBe(0x1008);
    ddi.ddi_put16(rest.handle, rest.addr, 0x1234);
    expect([...probe.bytes(3, 8, 2)]).toEqual([0x34, 0x12]);
    expect(ddi.ddi_get16(ports.handle, 0x1008)).toBe(0x1234);
    expect(machine.findings).toEqual([]);
  });

  it('a port is no address of memory, and an address is no port', () => {
    const { machine, dip } = probed();
    const ports = ddi.must(ddi.ddi_regs_map_setup(dip, 3, 0, 0, neverSwap));
    const regs = ddi.must(ddi.ddi_regs_map_setup(dip, 1, 0, 0, neverSwap));
    expect(ddi.ddi_get8(regs.handle, ports.addr)).toBe(0xff);
    expect(ddi.ddi_get8(ports.handle, regs.addr)).toBe(0xff);
    expect(rules(machine)).toEqual(['ACC_RANGE', 'ACC_RANGE']);
    expect(ddi.ddi_peek8(dip, ports.addr).isErr()).toBe(true);
  });
});

describe('configuration space', () => {
  it('ends where the device says, and nothing is written beyond', () => {
    const { machine, dip } = probed();
    const { handle } = ddi.must(ddi.pci_config_setup(dip));
    expect(ddi.pci_config_get32(handle, 256)).toBe(0xffff_ffff);
    ddi.pci_config_put8(handle, 4096, 1);
    expect(ddi.pci_config_get64(handle, 252)).toBe(0xffff_ffff_ffff_ffffn);
    expect(rules(machine)).toEqual(['ACC_RANGE', 'ACC_RANGE', 'ACC_RANGE']);
    expect(machine.findings[0]?.clause).toBe('pci_config_get8.9f/AR-2');
  });

  it('its old names are the same functions', () => {
    expect([ddi.pci_config_getb, ddi.pci_config_getw, ddi.pci_config_getl]).toEqual([
      ddi.pci_config_get8,
      ddi.pci_config_get16,
      ddi.pci_config_get32,
    ]);
    expect([ddi.pci_config_putb, ddi.pci_config_putw, ddi.pci_config_putl]).toEqual([
      ddi.pci_config_put8,
      ddi.pci_config_put16,
      ddi.pci_config_put32,
    ]);
    expect([ddi.pci_config_getll, ddi.pci_config_putll]).toEqual([
      ddi.pci_config_get64,
      ddi.pci_config_put64,
    ]);
  });

  it('is torn down by its own call only', () => {
    const { machine, dip } = probed();
    const { handle } = ddi.must(ddi.pci_config_setup(dip));
    const mapped = ddi.must(ddi.ddi_regs_map_setup(dip, 0, 0, 0, neverSwap));
    ddi.ddi_regs_map_free(handle);
    ddi.pci_config_teardown(mapped.handle);
    expect(rules(machine)).toEqual(['WRONG_FREE_FUNCTION', 'WRONG_FREE_FUNCTION']);
    expect(machine.findings[0]?.message).toContain('pci_config_teardown(9F)');
    expect(machine.probe.live().length).toBe(2);
  });

  it('is what it was after save and restore, and restored once', () => {
    const { machine, copy } = probed();
    const { handle } = ddi.must(ddi.pci_config_setup(copy));
    ddi.pci_config_put16(handle, 4, 0x6);
    ddi.pci_config_put8(handle, 0x3c, 11);
    expect(ddi.pci_save_config_regs(copy)).toBe(ddi.DDI_SUCCESS);
    machine.device('copy@1').reset();
    expect(ddi.pci_config_get16(handle, 4)).toBe(0);
    expect(ddi.pci_restore_config_regs(copy)).toBe(ddi.DDI_SUCCESS);
    expect(ddi.pci_config_get16(handle, 4)).toBe(0x6);
    expect(ddi.pci_config_get8(handle, 0x3c)).toBe(11);
    expect(ddi.pci_restore_config_regs(copy)).toBe(ddi.DDI_FAILURE);
    expect(machine.probe.live().length).toBe(1);
  });
});

describe('ddi_map_regs', () => {
  it('is undone by its mirror only, and by no other device', () => {
    const { machine, dip, copy } = probed();
    const { kaddr } = ddi.must(ddi.ddi_map_regs(dip, 1, 0, 16));
    ddi.ddi_unmap_regs(copy, 1, kaddr, 0, 16);
    ddi.ddi_unmap_regs(dip, 1, kaddr + 4, 0, 16);
    expect(rules(machine)).toEqual(['UNMAP_MISMATCH', 'UNMAP_MISMATCH']);
    ddi.ddi_unmap_regs(dip, 1, kaddr, 0, 16);
    expect(machine.probe.live()).toEqual([]);
    expect(ddi.ddi_peek8(dip, kaddr).isErr()).toBe(true);
  });
});

describe('peek and poke', () => {
  it('are signed one way, and take both the other', () => {
    const { machine, dip } = probed();
    const at = machine.kernel.kmem_zalloc(8, ddi.KM_SLEEP) ?? 0;
    ddi.must(ddi.ddi_poke32(dip, at, 0xffff_fffe));
    expect(ddi.must(ddi.ddi_peek32(dip, at)).value).toBe(-2);
    ddi.must(ddi.ddi_poke64(dip, at, -3n));
    expect(ddi.must(ddi.ddi_peek64(dip, at)).value).toBe(-3n);
    expect(ddi.must(ddi.ddi_peek8(dip, at)).value).toBe(-3);
  });

  it('of 64 bits of registers are two accesses', () => {
    const { probe, dip } = probed();
    const regs = ddi.must(ddi.ddi_regs_map_setup(dip, 1, 8, 16, neverSwap));
    probe.accesses();
    ddi.must(ddi.ddi_peek64(dip, regs.addr));
    ddi.must(ddi.ddi_poke64(dip, regs.addr + 8, 1n));
    expect(probe.accesses().map((a) => [a.op, a.off, a.width])).toEqual([
      ['read', 8, 4],
      ['read', 12, 4],
      ['write', 16, 4],
      ['write', 20, 4],
    ]);
  });

  it('fail where an access would run over, is not aligned, or the mapping is gone', () => {
    const { machine, dip } = probed();
    const regs = ddi.must(ddi.ddi_regs_map_setup(dip, 2, 0, 0, neverSwap));
    expect(ddi.ddi_peek32(dip, regs.addr + 62).isErr()).toBe(true);
    expect(ddi.ddi_peek32(dip, regs.addr + 64).isErr()).toBe(true);
    expect(ddi.ddi_peek16(dip, regs.addr + 1).isErr()).toBe(true);
    ddi.ddi_regs_map_free(regs.handle);
    expect(ddi.ddi_peek8(dip, regs.addr).isErr()).toBe(true);
    expect(ddi.ddi_poke8(dip, 2 ** 31, 1).isErr()).toBe(true);
    expect(machine.findings).toEqual([]);
  });

  it('the old names are the same functions', () => {
    expect([ddi.ddi_peekc, ddi.ddi_peeks, ddi.ddi_peekl, ddi.ddi_peekd]).toEqual([
      ddi.ddi_peek8,
      ddi.ddi_peek16,
      ddi.ddi_peek32,
      ddi.ddi_peek64,
    ]);
    expect([ddi.ddi_pokec, ddi.ddi_pokes, ddi.ddi_pokel, ddi.ddi_poked]).toEqual([
      ddi.ddi_poke8,
      ddi.ddi_poke16,
      ddi.ddi_poke32,
      ddi.ddi_poke64,
    ]);
  });
});
