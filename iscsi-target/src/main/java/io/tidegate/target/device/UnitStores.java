package io.tidegate.target.device;

import io.tidegate.presentation.ModePageStore;
import io.tidegate.presentation.ReservationStore;
import io.tidegate.presentation.SanitizeStore;
import io.tidegate.presentation.UnitSpaces;

/** What the rest of the house keeps and knows for logical units. Their calls block. */
public record UnitStores(
        ReservationStore reservations,
        ModePageStore modes,
        SanitizeStore sanitizes,
        UnitSpaces spaces) {}
