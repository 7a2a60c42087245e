/**
 * The kernel services of block I/O whose prototypes carry no device and may carry no buf. Part of
 * `machine.kernel`.
 */
import { KM_NOSLEEP } from '../sys/constants.js';
import * as numbers from '../sys/constants-io.js';
import { Panic } from '../sys/errors.js';
import type { buf_t, dev_t, uio_t } from '../sys/types-io.js';
import { Buf, bufBytes } from './buf.js';
import {
  checkContext,
  checkSleep,
  enterCall,
  type IoHost,
  panicNever,
  reportBad,
} from './io-host.js';
import { UserKernel } from './kernel-user.js';
import { checkUio, runPhysio, type PhysioRequest } from './physio.js';
import type { Users } from './process.js';

/** Block I/O. */
export class BlockKernel extends UserKernel {
  readonly #io: IoHost;
  readonly #users: Users;

  constructor(io: IoHost, users: Users) {
    super(io, users);
    this.#io = io;
    this.#users = users;
  }

  // ---- bufs ---------------------------------------------------------------------------------

  /**
   * Allocates an initialised buf.
   *
   * @param sleepflag - `KM_SLEEP` or `KM_NOSLEEP`
   * @returns the buf, or `null` when `KM_NOSLEEP` finds no memory
   * @throws Panic when `KM_SLEEP` could never be satisfied
   * @remarks User and kernel context; interrupt context with `KM_NOSLEEP` only.
   * @see getrbuf(9F)
   */
  readonly getrbuf = (sleepflag: number): buf_t | null => {
    const call = 'getrbuf';
    enterCall(this.#io, call, sleepflag);
    // buf_funcs(9F) GB-2: an interrupt routine does not sleep here either.
    if (sleepflag !== KM_NOSLEEP) checkSleep(this.#io, call, 'buf_funcs.9f/GB-2');
    if (sleepflag === KM_NOSLEEP && this.#io.faults.fails('kmem')) return null;
    const bp = Buf.make(this.#io, 'getrbuf');
    if (bp !== null) {
      bp.init();
      return bp;
    }
    if (sleepflag === KM_NOSLEEP) return null;
    return panicNever(this.#io, call, {}, 'buf_funcs.9f/GB-1');
  };

  /**
   * Memory for a buf that a driver embeds in a structure of its own: `kmem_alloc(biosize(), ...)`.
   * It holds garbage until bioinit(9F). Ours, not the DDI's.
   *
   * @throws Panic when there is no memory
   */
  readonly allocBuf = (): buf_t => {
    const bp = Buf.make(this.#io, 'memory');
    return bp ?? panicNever(this.#io, 'kmem_alloc', { size: bufBytes }, 'kmem_alloc.9f/FL-1');
  };

  /** Gives back what allocBuf gave, after biofini(9F). Ours, not the DDI's. */
  readonly freeBuf = (bp: buf_t): void => {
    if (!(bp instanceof Buf) || bp.owner !== 'memory' || bp.state === 'freed') {
      throw new Panic('kmem_free: bad address of a buf', {});
    }
    if (bp.state === 'ready') {
      this.#io.report({
        rule: 'BUF_NOT_UNINITIALISED',
        clause: 'buf_funcs.9f/BI-1',
        message: `buf ${bp.id} was freed without biofini(9F)`,
        call: 'kmem_free',
        values: { buf: bp.id },
      });
    }
    bp.end('freed');
  };

  /**
   * Does direct I/O for a request: locks memory, calls strategy(9E), waits, unlocks, piece by
   * piece.
   *
   * @param strat - the driver's strategy(9E)
   * @param bp - a buf of the caller's, or `null`: physio takes one of its own
   * @param dev - the device
   * @param rw - `B_READ` or `B_WRITE`
   * @param mincnt - bounds `b_bcount`: minphys(9F), or the driver's own, which calls it
   * @param uio - the request; what was moved is gone from it afterwards
   * @returns 0 or an errno
   * @remarks User context.
   * @see physio(9F), strategy(9E)
   */
  readonly physio = async (
    strat: (bp: buf_t) => number,
    bp: buf_t | null,
    dev: dev_t,
    rw: number,
    mincnt: (bp: buf_t) => void,
    uio: uio_t,
  ): Promise<number> => {
    const call = 'physio';
    enterCall(this.#io, call, dev, rw);
    checkContext(this.#io, call, 'physio.9f/CX-1', ['user']);
    if (rw !== numbers.B_READ && rw !== numbers.B_WRITE) {
      reportBad(this.#io, call, 'physio.9f/AR-2', 'rw', rw, 'must be B_READ or B_WRITE');
      return numbers.EINVAL;
    }
    const given = bp instanceof Buf ? bp : null;
    if (bp !== null && given?.state !== 'ready') {
      reportBad(
        this.#io,
        call,
        'physio.9f/AR-1',
        'bp',
        bp,
        'must be a buf that is initialised, or null',
      );
      return numbers.EINVAL;
    }
    const own = given ?? new Buf(this.#io, 'system');
    if (given === null) own.init();
    const proc = uio.uio_segflg === numbers.UIO_USERSPACE ? this.#users.current : null;
    const request: PhysioRequest = { strat, bp: own, dev, rw, mincnt, uio, proc };
    try {
      return await this.#transfer(request);
    } finally {
      if (given === null) own.end('freed');
    }
  };

  async #transfer(request: PhysioRequest): Promise<number> {
    const user = request.uio.uio_segflg === numbers.UIO_USERSPACE;
    if (user && request.proc === null) return numbers.EFAULT;
    // physio(9F) DS-1: access is checked before the transfer, not halfway through it.
    if (!this.#io.rules.has('physio-checks-each-piece')) {
      const wrong = checkUio(this.#io, request);
      if (wrong !== 0) return wrong;
    }
    return runPhysio(this.#io, request);
  }
}
