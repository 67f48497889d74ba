package io.gatehouse.plugins.traffic.ip;

import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.vertx.core.Future;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Kong's ip-restriction. */
final class IpRestriction implements Plugin {
    private final IpRange[] allow;
    private final IpRange[] deny;
    private final int status;
    private final @Nullable String message;

    IpRestriction(IpRestrictionConfig config) {
        this.allow = ranges(config.allow());
        this.deny = ranges(config.deny());
        this.status = config.status();
        this.message = config.message();
    }

    private static IpRange[] ranges(List<String> texts) {
        return texts.stream()
                .map(text -> Objects.requireNonNull(IpRange.of(text), text))
                .toArray(IpRange[]::new);
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        String client = request.exchange().clientAddress();
        byte[] address = IpRange.address(client);
        // what has no address can stand in no list
        boolean allowed =
                address != null && !contains(deny, address) && (allow.length == 0 || contains(allow, address));
        return allowed
                ? next.proceed(request)
                : Response.done(
                        Response.error(status, message != null ? message : "IP address not allowed: " + client));
    }

    private static boolean contains(IpRange[] ranges, byte[] address) {
        for (IpRange range : ranges) {
            if (range.contains(address)) {
                return true;
            }
        }
        return false;
    }
}
