/**
 * Long work as jobs: persistent, with phases, progress, checkpoint and result; cancelled by a flag,
 * never by interrupting a thread; taken up again from its checkpoint after a restart.
 *
 * <p>Knows the catalog and nothing of what jobs do: types register their bodies by name.
 */
@NullMarked
package io.tidegate.job;

import org.jspecify.annotations.NullMarked;
