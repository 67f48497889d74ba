package io.gatehouse.core.balancer;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Chooses among addresses. Made anew when they change; any thread. */
interface Picker {
    /**
     * An available address.
     *
     * @param hash of what the request is hashed by
     * @param tried addresses not to use, unless there are only these; null for none
     * @return null when none is available
     */
    @Nullable
    Address pick(int hash, @Nullable List<Address> tried);
}
