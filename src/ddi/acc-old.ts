/**
 * The names of accessors that C spells in letters: b, w, l and ll for 8, 16, 32 and 64 bits. In C
 * they are macros; what is reported is therefore reported in the name they stand for.
 */
import {
  ddi_get16,
  ddi_get32,
  ddi_get64,
  ddi_get8,
  ddi_put16,
  ddi_put32,
  ddi_put64,
  ddi_put8,
} from './acc.js';
import {
  ddi_io_get16,
  ddi_io_get32,
  ddi_io_get8,
  ddi_io_put16,
  ddi_io_put32,
  ddi_io_put8,
  ddi_io_rep_get16,
  ddi_io_rep_get32,
  ddi_io_rep_get8,
  ddi_io_rep_put16,
  ddi_io_rep_put32,
  ddi_io_rep_put8,
} from './acc-io.js';
import {
  ddi_mem_get16,
  ddi_mem_get32,
  ddi_mem_get64,
  ddi_mem_get8,
  ddi_mem_put16,
  ddi_mem_put32,
  ddi_mem_put64,
  ddi_mem_put8,
  ddi_mem_rep_get16,
  ddi_mem_rep_get32,
  ddi_mem_rep_get64,
  ddi_mem_rep_get8,
  ddi_mem_rep_put16,
  ddi_mem_rep_put32,
  ddi_mem_rep_put64,
  ddi_mem_rep_put8,
} from './acc-mem.js';
import {
  ddi_rep_get16,
  ddi_rep_get32,
  ddi_rep_get64,
  ddi_rep_get8,
  ddi_rep_put16,
  ddi_rep_put32,
  ddi_rep_put64,
  ddi_rep_put8,
} from './acc-rep.js';

/** @deprecated Obsolete name: ddi_get8(9F) OB-1; use {@link ddi_get8}. */
export const ddi_getb: typeof ddi_get8 = ddi_get8;
/** @deprecated Obsolete name: ddi_get8(9F) OB-1; use {@link ddi_get16}. */
export const ddi_getw: typeof ddi_get16 = ddi_get16;
/** @deprecated Obsolete name: ddi_get8(9F) OB-1; use {@link ddi_get32}. */
export const ddi_getl: typeof ddi_get32 = ddi_get32;
/** @deprecated Obsolete name: ddi_get8(9F) OB-1; use {@link ddi_get64}. */
export const ddi_getll: typeof ddi_get64 = ddi_get64;
/** @deprecated Obsolete name: ddi_put8(9F) OB-1; use {@link ddi_put8}. */
export const ddi_putb: typeof ddi_put8 = ddi_put8;
/** @deprecated Obsolete name: ddi_put8(9F) OB-1; use {@link ddi_put16}. */
export const ddi_putw: typeof ddi_put16 = ddi_put16;
/** @deprecated Obsolete name: ddi_put8(9F) OB-1; use {@link ddi_put32}. */
export const ddi_putl: typeof ddi_put32 = ddi_put32;
/** @deprecated Obsolete name: ddi_put8(9F) OB-1; use {@link ddi_put64}. */
export const ddi_putll: typeof ddi_put64 = ddi_put64;

/** @deprecated Obsolete name: ddi_rep_get8(9F) OB-1; use {@link ddi_rep_get8}. */
export const ddi_rep_getb: typeof ddi_rep_get8 = ddi_rep_get8;
/** @deprecated Obsolete name: ddi_rep_get8(9F) OB-1; use {@link ddi_rep_get16}. */
export const ddi_rep_getw: typeof ddi_rep_get16 = ddi_rep_get16;
/** @deprecated Obsolete name: ddi_rep_get8(9F) OB-1; use {@link ddi_rep_get32}. */
export const ddi_rep_getl: typeof ddi_rep_get32 = ddi_rep_get32;
/** @deprecated Obsolete name: ddi_rep_get8(9F) OB-1; use {@link ddi_rep_get64}. */
export const ddi_rep_getll: typeof ddi_rep_get64 = ddi_rep_get64;
/** @deprecated Obsolete name: ddi_rep_put8(9F) OB-1; use {@link ddi_rep_put8}. */
export const ddi_rep_putb: typeof ddi_rep_put8 = ddi_rep_put8;
/** @deprecated Obsolete name: ddi_rep_put8(9F) OB-1; use {@link ddi_rep_put16}. */
export const ddi_rep_putw: typeof ddi_rep_put16 = ddi_rep_put16;
/** @deprecated Obsolete name: ddi_rep_put8(9F) OB-1; use {@link ddi_rep_put32}. */
export const ddi_rep_putl: typeof ddi_rep_put32 = ddi_rep_put32;
/** @deprecated Obsolete name: ddi_rep_put8(9F) OB-1; use {@link ddi_rep_put64}. */
export const ddi_rep_putll: typeof ddi_rep_put64 = ddi_rep_put64;

/** @deprecated Obsolete name: ddi_mem_get8(9F) OB-1; use {@link ddi_mem_get8}. */
export const ddi_mem_getb: typeof ddi_mem_get8 = ddi_mem_get8;
/** @deprecated Obsolete name: ddi_mem_get8(9F) OB-1; use {@link ddi_mem_get16}. */
export const ddi_mem_getw: typeof ddi_mem_get16 = ddi_mem_get16;
/** @deprecated Obsolete name: ddi_mem_get8(9F) OB-1; use {@link ddi_mem_get32}. */
export const ddi_mem_getl: typeof ddi_mem_get32 = ddi_mem_get32;
/** @deprecated Obsolete name: ddi_mem_get8(9F) OB-1; use {@link ddi_mem_get64}. */
export const ddi_mem_getll: typeof ddi_mem_get64 = ddi_mem_get64;
/** @deprecated Obsolete name: ddi_mem_put8(9F) OB-1; use {@link ddi_mem_put8}. */
export const ddi_mem_putb: typeof ddi_mem_put8 = ddi_mem_put8;
/** @deprecated Obsolete name: ddi_mem_put8(9F) OB-1; use {@link ddi_mem_put16}. */
export const ddi_mem_putw: typeof ddi_mem_put16 = ddi_mem_put16;
/** @deprecated Obsolete name: ddi_mem_put8(9F) OB-1; use {@link ddi_mem_put32}. */
export const ddi_mem_putl: typeof ddi_mem_put32 = ddi_mem_put32;
/** @deprecated Obsolete name: ddi_mem_put8(9F) OB-1; use {@link ddi_mem_put64}. */
export const ddi_mem_putll: typeof ddi_mem_put64 = ddi_mem_put64;

/** @deprecated Obsolete name: ddi_mem_rep_get8(9F) OB-1; use {@link ddi_mem_rep_get8}. */
export const ddi_mem_rep_getb: typeof ddi_mem_rep_get8 = ddi_mem_rep_get8;
/** @deprecated Obsolete name: ddi_mem_rep_get8(9F) OB-1; use {@link ddi_mem_rep_get16}. */
export const ddi_mem_rep_getw: typeof ddi_mem_rep_get16 = ddi_mem_rep_get16;
/** @deprecated Obsolete name: ddi_mem_rep_get8(9F) OB-1; use {@link ddi_mem_rep_get32}. */
export const ddi_mem_rep_getl: typeof ddi_mem_rep_get32 = ddi_mem_rep_get32;
/** @deprecated Obsolete name: ddi_mem_rep_get8(9F) OB-1; use {@link ddi_mem_rep_get64}. */
export const ddi_mem_rep_getll: typeof ddi_mem_rep_get64 = ddi_mem_rep_get64;
/** @deprecated Obsolete name: ddi_mem_rep_put8(9F) OB-1; use {@link ddi_mem_rep_put8}. */
export const ddi_mem_rep_putb: typeof ddi_mem_rep_put8 = ddi_mem_rep_put8;
/** @deprecated Obsolete name: ddi_mem_rep_put8(9F) OB-1; use {@link ddi_mem_rep_put16}. */
export const ddi_mem_rep_putw: typeof ddi_mem_rep_put16 = ddi_mem_rep_put16;
/** @deprecated Obsolete name: ddi_mem_rep_put8(9F) OB-1; use {@link ddi_mem_rep_put32}. */
export const ddi_mem_rep_putl: typeof ddi_mem_rep_put32 = ddi_mem_rep_put32;
/** @deprecated Obsolete name: ddi_mem_rep_put8(9F) OB-1; use {@link ddi_mem_rep_put64}. */
export const ddi_mem_rep_putll: typeof ddi_mem_rep_put64 = ddi_mem_rep_put64;

/** @deprecated Obsolete name: ddi_io_get8(9F) OB-1; use {@link ddi_io_get8}. */
export const ddi_io_getb: typeof ddi_io_get8 = ddi_io_get8;
/** @deprecated Obsolete name: ddi_io_get8(9F) OB-1; use {@link ddi_io_get16}. */
export const ddi_io_getw: typeof ddi_io_get16 = ddi_io_get16;
/** @deprecated Obsolete name: ddi_io_get8(9F) OB-1; use {@link ddi_io_get32}. */
export const ddi_io_getl: typeof ddi_io_get32 = ddi_io_get32;
/** @deprecated Obsolete name: ddi_io_put8(9F) OB-1; use {@link ddi_io_put8}. */
export const ddi_io_putb: typeof ddi_io_put8 = ddi_io_put8;
/** @deprecated Obsolete name: ddi_io_put8(9F) OB-1; use {@link ddi_io_put16}. */
export const ddi_io_putw: typeof ddi_io_put16 = ddi_io_put16;
/** @deprecated Obsolete name: ddi_io_put8(9F) OB-1; use {@link ddi_io_put32}. */
export const ddi_io_putl: typeof ddi_io_put32 = ddi_io_put32;

/** @deprecated Obsolete name: ddi_io_rep_get8(9F) OB-1; use {@link ddi_io_rep_get8}. */
export const ddi_io_rep_getb: typeof ddi_io_rep_get8 = ddi_io_rep_get8;
/** @deprecated Obsolete name: ddi_io_rep_get8(9F) OB-1; use {@link ddi_io_rep_get16}. */
export const ddi_io_rep_getw: typeof ddi_io_rep_get16 = ddi_io_rep_get16;
/** @deprecated Obsolete name: ddi_io_rep_get8(9F) OB-1; use {@link ddi_io_rep_get32}. */
export const ddi_io_rep_getl: typeof ddi_io_rep_get32 = ddi_io_rep_get32;
/** @deprecated Obsolete name: ddi_io_rep_put8(9F) OB-1; use {@link ddi_io_rep_put8}. */
export const ddi_io_rep_putb: typeof ddi_io_rep_put8 = ddi_io_rep_put8;
/** @deprecated Obsolete name: ddi_io_rep_put8(9F) OB-1; use {@link ddi_io_rep_put16}. */
export const ddi_io_rep_putw: typeof ddi_io_rep_put16 = ddi_io_rep_put16;
/** @deprecated Obsolete name: ddi_io_rep_put8(9F) OB-1; use {@link ddi_io_rep_put32}. */
export const ddi_io_rep_putl: typeof ddi_io_rep_put32 = ddi_io_rep_put32;
