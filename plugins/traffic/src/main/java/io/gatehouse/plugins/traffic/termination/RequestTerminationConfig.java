package io.gatehouse.plugins.traffic.termination;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Pattern;
import io.gatehouse.api.config.Range;
import org.jspecify.annotations.Nullable;

/** The configuration of {@code request-termination}: Kong's fields and Kong's meaning. */
@Doc("Answers requests by itself, with a status and a message or body; no upstream is asked.")
public record RequestTerminationConfig(
        @Doc("The status. Kong also takes 100 to 199, which cannot end a request.")
        @Default("503")
        @Range(min = 200, max = 599)
        int statusCode,

        @Doc("The message, sent as `{\"message\": ...}`. Without message and body it is Kong's text for the status,"
                + " if it has one.")
        @Nullable
        String message,

        @Doc("The `Content-Type` of `body`; none is sent when it is absent.") @Nullable
        String contentType,

        @Doc("The body to send as it is, instead of a message.") @Nullable
        String body,

        @Doc("Whether the answer is a copy of the request as JSON, with the matched route and service. A body of"
                + " more than 1 MiB is answered with 413.")
        @Default("false")
        boolean echo,

        @Doc("Only requests that have this header or query argument are answered, all others pass.")
        @Nullable
        @Pattern(
                value = "[A-Za-z0-9_-]+",
                message = "bad header name, allowed characters are A-Z, a-z, 0-9, '_', and '-'")
        String trigger) {}
