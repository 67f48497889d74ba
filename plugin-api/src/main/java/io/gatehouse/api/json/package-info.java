/**
 * JSON as bytes: strict checking, reads by JSON pointer and edits that leave every other byte as it was, without building
 * a tree.
 *
 * <p>{@link io.gatehouse.api.json.JsonBytes} checks a document in one pass; {@link io.gatehouse.api.json.JsonEdit} splices
 * changes into it; {@link io.gatehouse.api.json.JsonWriter} writes, whole JDK values or step by step; trees are plain JDK collections, made on
 * demand. A document reads its buffer through a small window and therefore belongs to one thread at a time; the buffer
 * must not be changed while the document is in use. Nothing here blocks.
 */
@NullMarked
package io.gatehouse.api.json;

import org.jspecify.annotations.NullMarked;
