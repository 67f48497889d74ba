package io.gatehouse.plugins.auth;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.Credential;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Next;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.config.Problems;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What all auth plugins do around their own check. With {@code anonymous} a plugin is one of several ways in: a client
 * that another plugin has authenticated passes, and one that fails becomes the anonymous consumer. Without it, every auth
 * plugin of a route must let the client in.
 */
public final class Authentication {
    private static final Logger LOG = LoggerFactory.getLogger(Authentication.class);

    private final @Nullable String anonymous;

    /**
     * The rules of one plugin.
     *
     * @param anonymous username or id of the consumer that a client becomes when its check fails; null to refuse it
     */
    public Authentication(@Nullable String anonymous) {
        this.anonymous = anonymous;
    }

    /** Whether no check is needed, because another way in has let the client pass. */
    public boolean isDone(Exchange exchange) {
        return anonymous != null && exchange.credential() != null;
    }

    /** Lets a preflight request pass without a check; what it says about its client does not pass. */
    public Future<Response> skip(Request request, Next next) {
        if (request.exchange().consumer() == null) {
            Identity.clear(request);
        }
        return next.proceed(request);
    }

    /**
     * Lets a client in.
     *
     * @param identifier what names the credential to the upstream
     */
    public Future<Response> accept(Request request, Credential credential, String identifier, Next next) {
        request.exchange().authenticate(credential.consumer(), credential);
        Identity.tell(request, credential.consumer(), identifier);
        return next.proceed(request);
    }

    /** Makes the client the anonymous consumer where there is one, else answers with the refusal. */
    public Future<Response> refuse(Request request, Response refusal, Next next) {
        if (anonymous == null) {
            return Response.done(refusal);
        }
        Exchange exchange = request.exchange();
        Consumer consumer = exchange.directory().consumer(anonymous);
        if (consumer == null) {
            String text = "anonymous consumer " + anonymous + " is configured but doesn't exist";
            LOG.warn(text);
            return Response.done(Response.error(500, text));
        }
        exchange.authenticate(consumer, null);
        Identity.tell(request, consumer, null);
        return next.proceed(request);
    }

    /** A 401 in the gateway's error format. */
    public static Response unauthorized(String message, String challenge) {
        Response response = Response.error(401, message);
        response.headers().set("WWW-Authenticate", challenge);
        return response;
    }

    /** A value of {@code WWW-Authenticate}. */
    public static String challenge(String scheme, @Nullable String realm) {
        return realm == null
                ? scheme
                : scheme + " realm=\"" + realm.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    /** Refuses a realm that cannot stand in a header. */
    public static void checkRealm(@Nullable String realm, Problems problems) {
        if (realm != null && realm.chars().anyMatch(c -> c < ' ' || c > '~')) {
            problems.add("realm", "contains a character that cannot stand in a header (expected: printable ASCII)");
        }
    }
}
