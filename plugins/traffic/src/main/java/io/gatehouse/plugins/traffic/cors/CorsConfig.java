package io.gatehouse.plugins.traffic.cors;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.OneOf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The configuration of {@code cors}: Kong's fields and Kong's meaning. */
@Doc("Tells browsers which other origins may use the answers of a service, and answers their preflight requests.")
public record CorsConfig(
        @Doc("Allowed origins: `*`, an origin as it is sent (`https://app.example`), or a regular expression (RE2)"
                + " that must match the whole of it; one without a colon need match its host only. None, or `*`"
                + " alone, allow all. A single one that is no expression is sent whatever the client's origin is.")
        List<String> origins,

        @Doc("What `Access-Control-Allow-Headers` says; the headers that a preflight asks for when empty.")
        List<String> headers,

        @Doc("What `Access-Control-Expose-Headers` says.") List<String> exposedHeaders,

        @Doc("What `Access-Control-Allow-Methods` says.")
        @Default({"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
        @OneOf({"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
        List<String> methods,

        @Doc("Seconds for which a preflight's answer may be kept.") @Nullable
        Double maxAge,

        @Doc("Whether requests may carry credentials. With all origins allowed the client's own is named then.")
        @Default("false")
        boolean credentials,

        @Doc("Whether preflights that ask for access to a private network get it.") @Default("false")
        boolean privateNetwork,

        @Doc("Whether preflights go to the upstream instead of being answered here.") @Default("false")
        boolean preflightContinue,

        @Doc("Whether answers to requests without an `Origin` get the headers, too.") @Default("true")
        boolean allowOriginAbsent) {
    /** Copies the lists. */
    public CorsConfig {
        origins = List.copyOf(origins);
        headers = List.copyOf(headers);
        exposedHeaders = List.copyOf(exposedHeaders);
        methods = List.copyOf(methods);
    }
}
