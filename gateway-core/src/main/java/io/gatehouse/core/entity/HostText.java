package io.gatehouse.core.entity;

import io.gatehouse.core.config.Scalars;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A host as Kong reads one: a name, an IPv4 or an IPv6 address, with or without a port.
 *
 * @param kind what it is; {@code INVALID} when it is none
 * @param host without leading zeros, IPv6 at full length and without brackets; a name as written
 * @param port null when there is none
 * @param badPort whether a port is there that is none
 */
record HostText(Kind kind, String host, @Nullable Integer port, boolean badPort) {
    enum Kind {
        NAME,
        IPV4,
        IPV6,
        INVALID
    }

    private static final Pattern BRACKETS = Pattern.compile("\\[([^\\[\\]]*)\\](?::([0-9]+))?");
    private static final Pattern IPV4 =
            Pattern.compile("([0-9]{1,3})\\.([0-9]{1,3})\\.([0-9]{1,3})\\.([0-9]{1,3})(?::([0-9]+))?");
    private static final Pattern DIGITS = Pattern.compile("[0-9.:]+");
    private static final Pattern NAME = Pattern.compile("([0-9A-Za-z._-]+)(?::([0-9]+))?");
    private static final Pattern GROUP = Pattern.compile("[0-9A-Fa-f]{1,4}");
    private static final int GROUPS = 8;

    static HostText of(String text) {
        int colon = text.indexOf(':');
        if (colon >= 0 && text.indexOf(':', colon + 1) >= 0) {
            return ipv6(text);
        }
        if (DIGITS.matcher(text).matches()) {
            Matcher four = IPV4.matcher(text);
            return four.matches() ? ipv4(four) : invalid();
        }
        Matcher name = NAME.matcher(text);
        if (!name.matches()) {
            return invalid();
        }
        String[] labels = name.group(1).split("\\.", -1);
        for (int i = 0; i < labels.length; i++) {
            if (labels[i].endsWith("-") || (labels[i].isEmpty() && i < labels.length - 1)) {
                return invalid();
            }
        }
        return withPort(Kind.NAME, name.group(1), name.group(2));
    }

    /** With a port, as targets are kept. */
    String formatted(int otherPort) {
        int shown = port == null ? otherPort : port;
        return (kind == Kind.IPV6 ? "[" + host + "]" : host) + ":" + shown;
    }

    private static HostText ipv4(Matcher parts) {
        StringBuilder host = new StringBuilder();
        for (int i = 1; i <= 4; i++) {
            int part = Integer.parseInt(parts.group(i));
            if (part > 255) {
                return invalid();
            }
            host.append(i == 1 ? "" : ".").append(part);
        }
        return withPort(Kind.IPV4, host.toString(), parts.group(5));
    }

    private static HostText ipv6(String text) {
        Matcher bracketed = BRACKETS.matcher(text);
        boolean brackets = bracketed.matches();
        String address = brackets ? String.valueOf(bracketed.group(1)) : text;
        int gap = address.indexOf("::");
        String[] left = groups(gap < 0 ? address : address.substring(0, gap));
        String[] right = gap < 0 ? new String[0] : groups(address.substring(gap + 2));
        int missing = GROUPS - left.length - right.length;
        if (gap < 0 ? missing != 0 : missing < 1) {
            return invalid();
        }
        StringBuilder host = new StringBuilder();
        for (int i = 0; i < GROUPS; i++) {
            String group =
                    i < left.length ? left[i] : i < left.length + missing ? "0" : right[i - left.length - missing];
            if (!GROUP.matcher(group).matches()) {
                return invalid();
            }
            host.append(i == 0 ? "" : ":")
                    .append("0".repeat(4 - group.length()))
                    .append(group);
        }
        return withPort(Kind.IPV6, host.toString().toLowerCase(Locale.ROOT), brackets ? bracketed.group(2) : null);
    }

    private static String[] groups(String text) {
        return text.isEmpty() ? new String[0] : text.split(":", -1);
    }

    private static HostText withPort(Kind kind, String host, @Nullable String digits) {
        if (digits == null) {
            return new HostText(kind, host, null, false);
        }
        Long port = digits.length() > 5 ? null : Scalars.parseLong(digits);
        return port == null || port > 65535
                ? new HostText(Kind.INVALID, host, null, true)
                : new HostText(kind, host, port.intValue(), false);
    }

    private static HostText invalid() {
        return new HostText(Kind.INVALID, "", null, false);
    }
}
