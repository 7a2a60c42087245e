/** Quirks of repeated and wide accesses and of device copies: part of the table of quirks.ts. */

const both = ['debug', 'production'] as const;
const ddiI86 = 'intel/ia32/os/ddi_i86.c';

/** The rows. */
export const accQuirks = [
  {
    id: 'rep-flags-but-one-stay',
    title: 'any flag of a repeated access but DDI_DEV_AUTOINCR leaves the address where it is',
    clause: 'ddi_rep_get8.9f/FL-3',
    source: `${ddiI86} i_ddi_rep_get8`,
    effect: 'flags are compared with 1: a flag that no page describes means DDI_DEV_NO_AUTOINCR',
    books: both,
    dependsOn: [],
    evidence: 'read',
  },
  {
    id: 'io-64-panics',
    title: '64 bits of I/O space stop the machine',
    clause: 'ddi_io_get8.9f/DS-3',
    source: `${ddiI86} i_ddi_io_get64`,
    effect: 'a read or write of 64 bits through a handle on I/O space panics the system',
    books: both,
    dependsOn: [],
    evidence: 'read',
  },
  {
    id: 'device-copy-divides-by-zero',
    title: 'a word of no bytes divides by zero',
    clause: 'ddi_device_zero.9f/AR-2',
    source: 'common/os/sunddi.c ddi_device_zero',
    effect: 'a dev_datasz of 0 panics the system',
    books: both,
    dependsOn: [],
    evidence: 'read',
  },
] as const;
