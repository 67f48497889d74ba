package io.gatehouse.core.exchange;

import io.gatehouse.api.Redaction;
import io.gatehouse.api.Route;
import io.gatehouse.api.Service;
import org.jspecify.annotations.Nullable;

/**
 * What is done for the exchanges of one route. Immutable.
 *
 * @param route null for requests that match no route: then only the logs of the chain run
 * @param chain the plugins, and what they lead to
 */
public record Plan(@Nullable Route route, @Nullable Service service, Chain chain) {
    int size() {
        return chain.size();
    }

    PluginSlot slot(int index) {
        return chain.slot(index);
    }

    Redaction redaction() {
        return chain.redaction();
    }

    Redaction credentialsRead() {
        return chain.credentialsRead();
    }
}
