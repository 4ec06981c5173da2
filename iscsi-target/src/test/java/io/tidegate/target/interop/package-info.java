/** The target, whole, with real initiators: ours and others' programs. */
@NullMarked
package io.tidegate.target.interop;

import org.jspecify.annotations.NullMarked;
