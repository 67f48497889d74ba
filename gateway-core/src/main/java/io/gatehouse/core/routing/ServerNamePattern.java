package io.gatehouse.core.routing;

import java.util.Locale;

/** One entry of a route's server names; a last dot does not count, nor letter case: clients' names come in lower case. */
record ServerNamePattern(HostPattern.Kind kind, String text) {
    static ServerNamePattern of(String given) {
        String configured = given.toLowerCase(Locale.ROOT);
        String name = configured.length() > 1 && configured.endsWith(".")
                ? configured.substring(0, configured.length() - 1)
                : configured;
        if (name.startsWith("*")) {
            return new ServerNamePattern(HostPattern.Kind.SUFFIX, name.substring(1));
        }
        if (name.endsWith("*")) {
            return new ServerNamePattern(HostPattern.Kind.PREFIX, name.substring(0, name.length() - 1));
        }
        return new ServerNamePattern(HostPattern.Kind.EXACT, name);
    }

    boolean matches(String name) {
        return switch (kind) {
            case EXACT -> name.equals(text);
            case SUFFIX -> name.endsWith(text);
            case PREFIX -> name.startsWith(text);
        };
    }
}
