/** What a family hands back. */
import type { Allowances } from './compare.js';
import type { JsonObject } from './fields.js';

/** A case as the model played it. */
export interface Replayed {
  /** The answers, in the shape of the recorded ones. */
  readonly got: JsonObject;
  /** How they are to be compared. */
  readonly allowances: Allowances;
  /** What else was not compared, by reason, and how often. */
  readonly passed?: ReadonlyMap<string, number>;
  /** What the player's driver was found to do wrong, by rule and clause. */
  readonly findings?: ReadonlyMap<string, number>;
}
