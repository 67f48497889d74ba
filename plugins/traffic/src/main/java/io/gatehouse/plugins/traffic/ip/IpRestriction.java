package io.gatehouse.plugins.traffic.ip;

import io.gatehouse.api.AddressRange;
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
    private final AddressRange[] allow;
    private final AddressRange[] deny;
    private final int status;
    private final @Nullable String message;

    IpRestriction(IpRestrictionConfig config) {
        this.allow = ranges(config.allow());
        this.deny = ranges(config.deny());
        this.status = Objects.requireNonNullElse(config.status(), 403);
        this.message = config.message();
    }

    private static AddressRange[] ranges(List<String> texts) {
        return texts.stream()
                .map(text -> Objects.requireNonNull(AddressRange.of(text), text))
                .toArray(AddressRange[]::new);
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        String client = request.exchange().clientAddress();
        int zone = client.indexOf('%');
        byte[] address = AddressRange.address(zone < 0 ? client : client.substring(0, zone));
        // what has no address can stand in no list
        boolean allowed =
                address != null && !contains(deny, address) && (allow.length == 0 || contains(allow, address));
        return allowed
                ? next.proceed(request)
                : Response.done(
                        Response.error(status, message != null ? message : "IP address not allowed: " + client));
    }

    private static boolean contains(AddressRange[] ranges, byte[] address) {
        for (AddressRange range : ranges) {
            if (range.contains(address)) {
                return true;
            }
        }
        return false;
    }
}
