package io.gatehouse.core;

import static java.util.Objects.requireNonNull;

import io.gatehouse.api.AddressRange;
import io.gatehouse.core.exchange.AddedHeader;
import io.gatehouse.core.exchange.ErrorFormat;
import io.gatehouse.core.exchange.ErrorPages;
import io.gatehouse.core.exchange.ErrorTemplate;
import io.gatehouse.core.exchange.HeadStamp;
import io.gatehouse.core.server.Answers;
import io.gatehouse.core.server.Forwarding;
import io.gatehouse.core.upstream.KeepAlive;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How requests are passed on and answers made, as far as Kong sets that for a whole node. Immutable.
 *
 * @param trust whom to believe where a request came from
 * @param portMaps the port that clients see, by the port that is listened on
 * @param headers what is added to messages
 * @param errors how error answers look
 * @param maxBodyBytes the longest request body; 0 for any length
 * @param maxAnswerBytes the longest body of an upstream's answer; 0 for any length
 * @param keepAlive how connections to upstreams are used again
 */
public record ProxySettings(
        Trust trust,
        Map<Integer, Integer> portMaps,
        Headers headers,
        Errors errors,
        long maxBodyBytes,
        long maxAnswerBytes,
        KeepAlive keepAlive) {
    /** Kong's defaults. */
    public static final ProxySettings DEFAULT =
            new ProxySettings(Trust.NOBODY, Map.of(), Headers.USUAL, Errors.USUAL, 0, 0, KeepAlive.USUAL);

    /** Copies the map. */
    public ProxySettings {
        requireNonNull(trust, "trust");
        requireNonNull(headers, "headers");
        requireNonNull(errors, "errors");
        requireNonNull(keepAlive, "keepAlive");
        portMaps = Map.copyOf(portMaps);
        if (maxBodyBytes < 0) {
            throw new IllegalArgumentException("maxBodyBytes: " + maxBodyBytes + " (expected: 0 or more)");
        }
        if (maxAnswerBytes < 0) {
            throw new IllegalArgumentException("maxAnswerBytes: " + maxAnswerBytes + " (expected: 0 or more)");
        }
    }

    Forwarding forwarding() {
        return new Forwarding(trust.addresses, trust.header, trust.recursive, portMaps);
    }

    Answers answers(String version) {
        return new Answers(
                new ErrorPages(errors.usual, errors.templates),
                new HeadStamp(headers.answers, headers.requestIdUpstream, headers.debug, "gatehouse/" + version));
    }

    /**
     * Whom to believe where a request came from.
     *
     * @param addresses peers whose {@code X-Forwarded-*} headers are passed on
     * @param header in which they name their client
     * @param recursive whether of a list of addresses the last one that is not trusted counts, not just the last one
     */
    public record Trust(List<AddressRange> addresses, String header, boolean recursive) {
        /** Nobody is believed. */
        public static final Trust NOBODY = new Trust(List.of(), "X-Real-IP", false);

        /** Copies the list. */
        public Trust {
            addresses = List.copyOf(addresses);
            requireNonNull(header, "header");
        }
    }

    /**
     * What is added to messages.
     *
     * @param answers headers of answers
     * @param requestIdUpstream whether upstreams get the request id
     * @param debug whether {@code Kong-Debug} in a request asks for route and service
     */
    public record Headers(Set<AddedHeader> answers, boolean requestIdUpstream, boolean debug) {
        /** Kong's defaults. */
        public static final Headers USUAL = new Headers(AddedHeader.usual(), true, false);

        /** Copies the set. */
        public Headers {
            answers = Set.copyOf(answers);
        }
    }

    /**
     * How error answers look.
     *
     * @param usual the format of errors of the server's core, when the request says nothing
     * @param templates own texts in the place of Kong's
     */
    public record Errors(ErrorFormat usual, Map<ErrorFormat, ErrorTemplate> templates) {
        /** Kong's defaults. */
        public static final Errors USUAL = new Errors(ErrorFormat.PLAIN, Map.of());

        /** Copies the map. */
        public Errors {
            requireNonNull(usual, "usual");
            templates = Map.copyOf(templates);
        }
    }
}
