package io.tidegate.presentation;

import io.tidegate.block.Geometry;

/**
 * What INQUIRY, READ CAPACITY and the VPD pages say of a logical unit.
 *
 * @param geometry size and block sizes as hosts see them; a device behind it may be larger
 * @param granularityBytes optimal transfer and unmap granularity
 * @param thin whether unmapped blocks take no space
 * @param removable whether the medium can be ejected (RMB)
 * @param writeProtected whether no host may write (snapshots, an old primary)
 * @param rotational whether the medium is to be announced as rotating
 */
public record UnitShape(
        Geometry geometry,
        int granularityBytes,
        boolean thin,
        boolean removable,
        boolean writeProtected,
        boolean rotational) {}
