/**
 * Coverage: which of the functions that real drivers call this package has.
 *
 * 1. A *usage* is a list of drivers with the DMA and access functions each calls, and the families
 *    of those functions. The product carries that of the leaf drivers of illumos-gate; functions
 *    no driver calls are not in it.
 * 2. A function is *offered* when the package hands it out at run time: by `ddi-dma` itself or,
 *    where a prototype names no device and no handle, by `machine.kernel`. Nothing lists what there
 *    is.
 * 3. A driver is *covered* when every function it calls is offered. That it could be written down
 *    here is all that says; whether it would work, the other verbs tell.
 */
import { readFileSync } from 'node:fs';
import * as frontDoor from '../index.js';
import { boot } from '../platforms/boot.js';

/** Who calls what. */
export interface Usage {
  /** Which sources were looked at. */
  readonly source: string;
  /** The functions that are called, by family. */
  readonly functions: Readonly<Record<string, readonly string[]>>;
  /** What each driver calls. */
  readonly drivers: Readonly<Record<string, readonly string[]>>;
}

/** The functions of a family. */
export interface FamilyCoverage {
  readonly family: string;
  /** Functions that are called by some driver. */
  readonly called: number;
  /** Those among them that are offered. */
  readonly offered: number;
}

/** A function that is not offered. */
export interface MissingFunction {
  readonly name: string;
  readonly family: string;
  /** The drivers that call it. */
  readonly drivers: readonly string[];
}

/** What came of the comparison. */
export interface Coverage {
  readonly source: string;
  readonly functions: {
    readonly called: number;
    readonly offered: number;
  };
  readonly drivers: {
    readonly total: number;
    /** Drivers all of whose functions are offered. */
    readonly covered: number;
  };
  /** In the order of the data. */
  readonly families: readonly FamilyCoverage[];
  /** Those most drivers wait for first, then by name. */
  readonly missing: readonly MissingFunction[];
  /** Drivers that are not covered, each with what it waits for. */
  readonly waiting: Readonly<Record<string, readonly string[]>>;
}

/**
 * The usage the product carries.
 *
 * @returns the leaf drivers of illumos-gate
 */
export function productUsage(): Usage {
  const file = new URL('./driver-usage.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Usage;
}

/**
 * Tells of a name whether it is that of a function this package hands out.
 *
 * @returns the question, to be asked any number of times
 */
export function packageOffers(): (name: string) => boolean {
  const doors: readonly object[] = [frontDoor, boot().kernel];
  return (name) =>
    doors.some((d) => Object.hasOwn(d, name) && typeof Reflect.get(d, name) === 'function');
}

/**
 * Compares a usage with what is offered.
 *
 * @param usage - who calls what
 * @param offers - whether a function is there
 */
export function coverageOf(usage: Usage, offers: (name: string) => boolean): Coverage {
  const families = Object.entries(usage.functions).map(([family, names]) => ({
    family,
    called: names.length,
    offered: names.filter(offers).length,
  }));
  const drivers = Object.entries(usage.drivers);
  const missing = Object.entries(usage.functions).flatMap(([family, names]) =>
    names
      .filter((name) => !offers(name))
      .map((name) => ({
        name,
        family,
        drivers: drivers.filter(([, calls]) => calls.includes(name)).map(([driver]) => driver),
      })),
  );
  missing.sort((a, b) => b.drivers.length - a.drivers.length || (a.name < b.name ? -1 : 1));
  const waiting = drivers
    .map(([driver, calls]) => [driver, calls.filter((name) => !offers(name))] as const)
    .filter(([, lacks]) => lacks.length > 0);
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  return {
    source: usage.source,
    functions: {
      called: sum(families.map((f) => f.called)),
      offered: sum(families.map((f) => f.offered)),
    },
    drivers: { total: drivers.length, covered: drivers.length - waiting.length },
    families,
    missing,
    waiting: Object.fromEntries(waiting),
  };
}
