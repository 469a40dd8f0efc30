// What the scripts of the JavaScript server SDK share: the demo's values, and a refusal as the SDK types it.
import assert from "node:assert/strict";
import { PortOneError } from "@portone/server-sdk";

/** A value of the running demo. */
export const env = (name) => {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: start naru demo with --env-file and pass its values on`);
  return value;
};

/** What a call is refused with: an SDK error of that class, whose body is of that type. */
export const refused = async (kind, type, call) => {
  const error = await call().then(
    () => assert.fail(`${type} was expected, but the call succeeded`),
    (error) => error,
  );
  assert.ok(error instanceof PortOneError, `${type}: not an SDK error: ${error.stack}`);
  assert.ok(error instanceof kind, `${type}: not a ${kind.name}: ${error.stack}`);
  assert.equal(error.data.type, type, error.stack);
  return error.data;
};
