/**
 * ESLint rule: a Result or ResultAsync may not fall on the floor.
 *
 * A DDI call that can fail returns a Result; a driver that looks past one is the bug this project
 * is about. `discard(r)` is the one legal drop. Reported are
 *   (1) an expression statement whose type contains Ok, Err or ResultAsync, also after `await`,
 *   (2) the same behind `void`, which says less than `discard` does,
 *   (3) an arrow function that is expected to return nothing and whose body is such an expression.
 */
import ts from 'typescript';

const dropped = new Set(['Ok', 'Err', 'ResultAsync']);

/**
 * Is it, or does it contain, one of neverthrow's classes?
 *
 * @param {ts.Type} type
 * @returns {boolean}
 */
function holdsResult(type) {
  if (type.isUnionOrIntersection()) return type.types.some(holdsResult);
  const symbol = type.getSymbol();
  if (symbol === undefined) return false;
  const ours = symbol.declarations?.some((d) =>
    /[\\/]neverthrow[\\/]/.test(d.getSourceFile().fileName),
  );
  if (dropped.has(symbol.name) && ours === true) return true;
  return type.isClassOrInterface() && (type.getBaseTypes() ?? []).some(holdsResult);
}

/**
 * Does the place where a function stands expect it to return nothing?
 *
 * @param {ts.TypeChecker} checker
 * @param {ts.Expression} fn
 */
function expectedToReturnNothing(checker, fn) {
  const signatures = checker.getContextualType(fn)?.getCallSignatures() ?? [];
  return signatures.some((s) => (s.getReturnType().flags & ts.TypeFlags.Void) !== 0);
}

/**
 * What the typescript-eslint parser leaves for typed rules.
 *
 * @typedef {object} TypedServices
 * @property {ts.Program} program
 * @property {(node: object) => ts.Type} getTypeAtLocation
 * @property {{ get(node: object): ts.Node }} esTreeNodeToTSNodeMap
 */

/** @type {import('eslint').Rule.RuleModule} */
export const mustUseResult = {
  meta: {
    type: 'problem',
    docs: { description: 'a Result must be used, or dropped with discard()' },
    schema: [],
    messages: {
      dropped: 'A Result is dropped here: handle it, or say discard(...).',
    },
  },
  create(context) {
    /** @type {TypedServices} */
    const services = context.sourceCode.parserServices;
    const checker = services.program.getTypeChecker();

    /** @param {any} node */
    function check(node) {
      const inner =
        node.type === 'UnaryExpression' && node.operator === 'void' ? node.argument : node;
      if (inner.type === 'AssignmentExpression') return;
      if (holdsResult(services.getTypeAtLocation(inner))) {
        context.report({ node, messageId: 'dropped' });
      }
    }
    return {
      ExpressionStatement: (node) => check(node.expression),
      /** @param {any} node */
      'ArrowFunctionExpression[expression=true]': (node) => {
        const fn = /** @type {ts.ArrowFunction} */ (services.esTreeNodeToTSNodeMap.get(node));
        if (expectedToReturnNothing(checker, fn)) check(node.body);
      },
    };
  },
};
