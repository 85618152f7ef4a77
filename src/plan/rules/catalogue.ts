// Generated from the folders beside this file by `npm run generate`. Do not edit.
import { addRequiredColumn } from './add-required-column/add-required-column.ts'
import { allowComment } from './allow-comment/allow-comment.ts'
import { ambiguousColumn } from './ambiguous-column/ambiguous-column.ts'
import { apiVisibleShadow } from './api-visible-shadow/api-visible-shadow.ts'
import { backfillInDdlTx } from './backfill-in-ddl-tx/backfill-in-ddl-tx.ts'
import { backfillNoKey } from './backfill-no-key/backfill-no-key.ts'
import { backfillNotIdempotent } from './backfill-not-idempotent/backfill-not-idempotent.ts'
import { backfillWithoutAnalyze } from './backfill-without-analyze/backfill-without-analyze.ts'
import { blockingAdvisoryWait } from './blocking-advisory-wait/blocking-advisory-wait.ts'
import { buildMemory } from './build-memory/build-memory.ts'
import { cascadeAnywhere } from './cascade-anywhere/cascade-anywhere.ts'
import { checkOnRetypedColumn } from './check-on-retyped-column/check-on-retyped-column.ts'
import { checkWithoutNotValid } from './check-without-not-valid/check-without-not-valid.ts'
import { columnTypeRewrite } from './column-type-rewrite/column-type-rewrite.ts'
import { concurrentlyInTx } from './concurrently-in-tx/concurrently-in-tx.ts'
import { createTableForce } from './create-table-force/create-table-force.ts'
import { createTableIfNotExists } from './create-table-if-not-exists/create-table-if-not-exists.ts'
import { creatorNotMigrated } from './creator-not-migrated/creator-not-migrated.ts'
import { definerExecutableByApi } from './definer-executable-by-api/definer-executable-by-api.ts'
import { definerWithoutSearchPath } from './definer-without-search-path/definer-without-search-path.ts'
import { doBlockBackfill } from './do-block-backfill/do-block-backfill.ts'
import { domainWithConstraint } from './domain-with-constraint/domain-with-constraint.ts'
import { dropColumn } from './drop-column/drop-column.ts'
import { dropConstraint } from './drop-constraint/drop-constraint.ts'
import { dropCreateLosesAcl } from './drop-create-loses-acl/drop-create-loses-acl.ts'
import { dropDatabase } from './drop-database/drop-database.ts'
import { dropIndexNotConcurrent } from './drop-index-not-concurrent/drop-index-not-concurrent.ts'
import { dropNotNull } from './drop-not-null/drop-not-null.ts'
import { dropSchema } from './drop-schema/drop-schema.ts'
import { dropTable } from './drop-table/drop-table.ts'
import { duplicateIndex } from './duplicate-index/duplicate-index.ts'
import { dynamicDdlDefiner } from './dynamic-ddl-definer/dynamic-ddl-definer.ts'
import { enumAddInTx } from './enum-add-in-tx/enum-add-in-tx.ts'
import { enumRemove } from './enum-remove/enum-remove.ts'
import { exclusionConstraint } from './exclusion-constraint/exclusion-constraint.ts'
import { extensionInPublic } from './extension-in-public/extension-in-public.ts'
import { fkWithoutNotValid } from './fk-without-not-valid/fk-without-not-valid.ts'
import { functionDefaultPublicExecute } from './function-default-public-execute/function-default-public-execute.ts'
import { identifierOver63Bytes } from './identifier-over-63-bytes/identifier-over-63-bytes.ts'
import { indexDimLimit } from './index-dim-limit/index-dim-limit.ts'
import { indexNotConcurrent } from './index-not-concurrent/index-not-concurrent.ts'
import { invalidIndexLeftover } from './invalid-index-leftover/invalid-index-leftover.ts'
import { ivfflatOnEmpty } from './ivfflat-on-empty/ivfflat-on-empty.ts'
import { jsonColumn } from './json-column/json-column.ts'
import { lockTableExhaustion } from './lock-table-exhaustion/lock-table-exhaustion.ts'
import { managedSchema } from './managed-schema/managed-schema.ts'
import { missingExplicitGrant } from './missing-explicit-grant/missing-explicit-grant.ts'
import { missingLockTimeout } from './missing-lock-timeout/missing-lock-timeout.ts'
import { missingStatementTimeout } from './missing-statement-timeout/missing-statement-timeout.ts'
import { multiTableDdlOneTx } from './multi-table-ddl-one-tx/multi-table-ddl-one-tx.ts'
import { notRerunnable } from './not-rerunnable/not-rerunnable.ts'
import { oldClientBreaks } from './old-client-breaks/old-client-breaks.ts'
import { opclassMismatch } from './opclass-mismatch/opclass-mismatch.ts'
import { orphanTable } from './orphan-table/orphan-table.ts'
import { partitionAttachScan } from './partition-attach-scan/partition-attach-scan.ts'
import { partitionDetach } from './partition-detach/partition-detach.ts'
import { pg14IndexCorruption } from './pg14-index-corruption/pg14-index-corruption.ts'
import { plpgsqlBodyReferences } from './plpgsql-body-references/plpgsql-body-references.ts'
import { policyPerRowAuthCall } from './policy-per-row-auth-call/policy-per-row-auth-call.ts'
import { poolerTransactionMode } from './pooler-transaction-mode/pooler-transaction-mode.ts'
import { primaryKeyDirect } from './primary-key-direct/primary-key-direct.ts'
import { queriedFieldWithoutIndex } from './queried-field-without-index/queried-field-without-index.ts'
import { reindexNotConcurrent } from './reindex-not-concurrent/reindex-not-concurrent.ts'
import { reloadStorm } from './reload-storm/reload-storm.ts'
import { renameColumn } from './rename-column/rename-column.ts'
import { renameEnumValue } from './rename-enum-value/rename-enum-value.ts'
import { renameSchema } from './rename-schema/rename-schema.ts'
import { renameTable } from './rename-table/rename-table.ts'
import { replaceChangesSignature } from './replace-changes-signature/replace-changes-signature.ts'
import { replaceResetsAttributes } from './replace-resets-attributes/replace-resets-attributes.ts'
import { replaceViewColumns } from './replace-view-columns/replace-view-columns.ts'
import { replicaIdentityOrDisableTrigger } from './replica-identity-or-disable-trigger/replica-identity-or-disable-trigger.ts'
import { rlsDisabledExposed } from './rls-disabled-exposed/rls-disabled-exposed.ts'
import { roleTimeout } from './role-timeout/role-timeout.ts'
import { sameTypeInPlace } from './same-type-in-place/same-type-in-place.ts'
import { schemaCacheReload } from './schema-cache-reload/schema-cache-reload.ts'
import { selfComparison } from './self-comparison/self-comparison.ts'
import { serialOrIdentityOnExisting } from './serial-or-identity-on-existing/serial-or-identity-on-existing.ts'
import { setNotNullScan } from './set-not-null-scan/set-not-null-scan.ts'
import { setWithoutLocal } from './set-without-local/set-without-local.ts'
import { sqlSyntax } from './sql-syntax/sql-syntax.ts'
import { storedGeneratedColumn } from './stored-generated-column/stored-generated-column.ts'
import { tableBloat } from './table-bloat/table-bloat.ts'
import { tableNameNotMd5 } from './table-name-not-md5/table-name-not-md5.ts'
import { triggerCreateOnHotTable } from './trigger-create-on-hot-table/trigger-create-on-hot-table.ts'
import { truncate } from './truncate/truncate.ts'
import { ttlConversion } from './ttl-conversion/ttl-conversion.ts'
import { txControlInFile } from './tx-control-in-file/tx-control-in-file.ts'
import { unbatchedUpdateDelete } from './unbatched-update-delete/unbatched-update-delete.ts'
import { uncommittedTransaction } from './uncommitted-transaction/uncommitted-transaction.ts'
import { unindexedFk } from './unindexed-fk/unindexed-fk.ts'
import { uniqueConstraintDirect } from './unique-constraint-direct/unique-constraint-direct.ts'
import { unqualifiedName } from './unqualified-name/unqualified-name.ts'
import { unusedIndex } from './unused-index/unused-index.ts'
import { updateTouchesEveryRowWithTrigger } from './update-touches-every-row-with-trigger/update-touches-every-row-with-trigger.ts'
import { vacuumFullCluster } from './vacuum-full-cluster/vacuum-full-cluster.ts'
import { validateInSameTx } from './validate-in-same-tx/validate-in-same-tx.ts'
import { vectorDimsChange } from './vector-dims-change/vector-dims-change.ts'
import { vectorOrderNotIndexed } from './vector-order-not-indexed/vector-order-not-indexed.ts'
import { viewSecurityDefiner } from './view-security-definer/view-security-definer.ts'
import { volatileDefault } from './volatile-default/volatile-default.ts'
import type { LintRule } from './rule.ts'

/** Every rule of the linter, by name. */
export const lintRules: readonly LintRule[] = Object.freeze([
  addRequiredColumn,
  allowComment,
  ambiguousColumn,
  apiVisibleShadow,
  backfillInDdlTx,
  backfillNoKey,
  backfillNotIdempotent,
  backfillWithoutAnalyze,
  blockingAdvisoryWait,
  buildMemory,
  cascadeAnywhere,
  checkOnRetypedColumn,
  checkWithoutNotValid,
  columnTypeRewrite,
  concurrentlyInTx,
  createTableForce,
  createTableIfNotExists,
  creatorNotMigrated,
  definerExecutableByApi,
  definerWithoutSearchPath,
  doBlockBackfill,
  domainWithConstraint,
  dropColumn,
  dropConstraint,
  dropCreateLosesAcl,
  dropDatabase,
  dropIndexNotConcurrent,
  dropNotNull,
  dropSchema,
  dropTable,
  duplicateIndex,
  dynamicDdlDefiner,
  enumAddInTx,
  enumRemove,
  exclusionConstraint,
  extensionInPublic,
  fkWithoutNotValid,
  functionDefaultPublicExecute,
  identifierOver63Bytes,
  indexDimLimit,
  indexNotConcurrent,
  invalidIndexLeftover,
  ivfflatOnEmpty,
  jsonColumn,
  lockTableExhaustion,
  managedSchema,
  missingExplicitGrant,
  missingLockTimeout,
  missingStatementTimeout,
  multiTableDdlOneTx,
  notRerunnable,
  oldClientBreaks,
  opclassMismatch,
  orphanTable,
  partitionAttachScan,
  partitionDetach,
  pg14IndexCorruption,
  plpgsqlBodyReferences,
  policyPerRowAuthCall,
  poolerTransactionMode,
  primaryKeyDirect,
  queriedFieldWithoutIndex,
  reindexNotConcurrent,
  reloadStorm,
  renameColumn,
  renameEnumValue,
  renameSchema,
  renameTable,
  replaceChangesSignature,
  replaceResetsAttributes,
  replaceViewColumns,
  replicaIdentityOrDisableTrigger,
  rlsDisabledExposed,
  roleTimeout,
  sameTypeInPlace,
  schemaCacheReload,
  selfComparison,
  serialOrIdentityOnExisting,
  setNotNullScan,
  setWithoutLocal,
  sqlSyntax,
  storedGeneratedColumn,
  tableBloat,
  tableNameNotMd5,
  triggerCreateOnHotTable,
  truncate,
  ttlConversion,
  txControlInFile,
  unbatchedUpdateDelete,
  uncommittedTransaction,
  unindexedFk,
  uniqueConstraintDirect,
  unqualifiedName,
  unusedIndex,
  updateTouchesEveryRowWithTrigger,
  vacuumFullCluster,
  validateInSameTx,
  vectorDimsChange,
  vectorOrderNotIndexed,
  viewSecurityDefiner,
  volatileDefault,
])
