package io.tidegate.block;

import java.util.OptionalLong;

/**
 * What tells one file of a running system from all others, whatever its path.
 *
 * @param device number of the file system's device ({@code st_dev})
 * @param inode number of the file in its file system ({@code st_ino})
 * @param mountId number of the mount, where the kernel tells it (Linux 5.8 and later)
 */
public record FileIdentity(long device, long inode, OptionalLong mountId) {}
