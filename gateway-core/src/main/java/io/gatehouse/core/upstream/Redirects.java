package io.gatehouse.core.upstream;

import io.gatehouse.api.Target;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Connections that go elsewhere than their target says, as with {@code GATEHOUSE_CONNECT_TO}. Scheme, address and port
 * of the connection change; what is sent does not.
 *
 * <p>Immutable.
 */
public final class Redirects {
    private final Map<Origin, Origin> byOrigin;

    /** Scheme, host in lower case, and port. */
    public record Origin(boolean tls, String host, int port) {}

    /** From where to where. */
    public record Redirect(Origin from, Origin to) {}

    /** Makes the table. */
    public Redirects(List<Redirect> redirects) {
        this.byOrigin = redirects.stream()
                .collect(Collectors.toUnmodifiableMap(Redirect::from, Redirect::to, (first, second) -> first));
    }

    @Nullable
    Origin of(Target target) {
        return byOrigin.isEmpty()
                ? null
                : byOrigin.get(new Origin(target.tls(), target.host().toLowerCase(Locale.ROOT), target.port()));
    }
}
