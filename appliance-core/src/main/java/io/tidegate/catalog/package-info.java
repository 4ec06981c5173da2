/**
 * The catalog: what administrators made, in SQL, where every change and its audit record are one
 * transaction; the one type of failure that a person can cause; and the box for secrets at rest.
 *
 * <p>Knows SQL and the audit chain; knows nothing of what the rows mean. Other packages of the core
 * bring their own queries and run them here.
 */
@NullMarked
package io.tidegate.catalog;

import org.jspecify.annotations.NullMarked;
