package io.gatehouse.plugins.auth.acl;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.ConsumerGroup;
import io.gatehouse.api.Credential;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.plugins.auth.Identity;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Kong's acl. */
final class Acl implements Plugin {
    static final String GROUPS = "acls";

    private final AclConfig config;
    private final boolean denies;
    private final Set<String> listed;

    Acl(AclConfig config) {
        this.config = config;
        this.denies = !config.deny().isEmpty();
        this.listed = Set.copyOf(denies ? config.deny() : config.allow());
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        Exchange exchange = request.exchange();
        Consumer consumer = exchange.consumer();
        boolean known = exchange.credential() != null;
        if (consumer == null || !known || config.alwaysUseAuthenticatedGroups()) {
            List<String> authenticated = exchange.attributes().get(Exchange.AUTHENTICATED_GROUPS);
            if (authenticated != null) {
                return decide(request, Identity.AUTHENTICATED_GROUPS, authenticated, next);
            }
        }
        List<String> groups = consumer == null ? List.of() : groups(exchange, consumer);
        if (consumer == null || (groups.isEmpty() && !denies)) {
            return known ? forbidden() : Response.done(Response.error(401, "Unauthorized"));
        }
        return decide(request, Identity.CONSUMER_GROUPS, groups, next);
    }

    private List<String> groups(Exchange exchange, Consumer consumer) {
        List<Credential> acls = exchange.directory().credentials(GROUPS, consumer);
        List<String> groups = new ArrayList<>(acls.size());
        for (Credential acl : acls) {
            String group = acl.text("group");
            if (group != null) {
                groups.add(group);
            }
        }
        if (config.includeConsumerGroups()) {
            for (ConsumerGroup group : exchange.directory().groups(consumer)) {
                groups.add(group.name());
            }
        }
        return groups;
    }

    private Future<Response> decide(Request request, CharSequence header, List<String> groups, Next next) {
        boolean isListed = false;
        for (int i = 0; i < groups.size() && !isListed; i++) {
            isListed = listed.contains(groups.get(i));
        }
        if (isListed == denies) {
            return forbidden();
        }
        Identity.tellGroups(request, header, config.hideGroupsHeader() ? List.of() : groups);
        return next.proceed(request);
    }

    private static Future<Response> forbidden() {
        return Response.done(Response.error(403, "You cannot consume this service"));
    }
}
