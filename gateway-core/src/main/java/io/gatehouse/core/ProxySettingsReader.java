package io.gatehouse.core;

import io.gatehouse.api.AddressRange;
import io.gatehouse.core.ProxySettings.Errors;
import io.gatehouse.core.ProxySettings.Headers;
import io.gatehouse.core.ProxySettings.Trust;
import io.gatehouse.core.exchange.AddedHeader;
import io.gatehouse.core.exchange.ErrorFormat;
import io.gatehouse.core.exchange.ErrorTemplate;
import io.gatehouse.core.upstream.KeepAlive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@link ProxySettings}, all of which come from Kong and bear Kong's names. */
final class ProxySettingsReader {
    private static final Pattern HEADER_NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");

    private final SettingsReader settings;

    ProxySettingsReader(SettingsReader settings) {
        this.settings = settings;
    }

    ProxySettings read() {
        ProxySettings usual = ProxySettings.DEFAULT;
        return new ProxySettings(
                new Trust(
                        or(one("TRUSTED_IPS", this::trusted), List.of()),
                        or(one("REAL_IP_HEADER", this::realIpHeader), Trust.NOBODY.header()),
                        or(one("REAL_IP_RECURSIVE", settings::onOff), Trust.NOBODY.recursive())),
                or(one("PORT_MAPS", this::portMaps), usual.portMaps()),
                new Headers(
                        or(one("HEADERS", this::headers), Headers.USUAL.answers()),
                        or(one("HEADERS_UPSTREAM", this::headersUpstream), Headers.USUAL.requestIdUpstream()),
                        or(one("ALLOW_DEBUG_HEADER", settings::onOff), Headers.USUAL.debug())),
                new Errors(or(one("ERROR_DEFAULT_TYPE", this::errorFormat), Errors.USUAL.usual()), templates()),
                or(
                        settings.directive("GATEHOUSE_CLIENT_MAX_BODY_SIZE", "CLIENT_MAX_BODY_SIZE", this::size),
                        usual.maxBodyBytes()),
                or(
                        settings.one(null, "GATEHOUSE_UPSTREAM_MAX_RESPONSE_SIZE", null, this::size),
                        usual.maxAnswerBytes()),
                new KeepAlive(
                        or(one("UPSTREAM_KEEPALIVE_POOL_SIZE", settings::fromZero), KeepAlive.USUAL.connections()),
                        or(one("UPSTREAM_KEEPALIVE_MAX_REQUESTS", settings::fromZero), KeepAlive.USUAL.requests()),
                        or(one("UPSTREAM_KEEPALIVE_IDLE_TIMEOUT", settings::duration), KeepAlive.USUAL.idle())));
    }

    private Map<ErrorFormat, ErrorTemplate> templates() {
        Map<ErrorFormat, ErrorTemplate> all = new EnumMap<>(ErrorFormat.class);
        for (ErrorFormat format : ErrorFormat.values()) {
            ErrorTemplate template = one("ERROR_TEMPLATE_" + format.name(), this::template);
            if (template != null) {
                all.put(format, template);
            }
        }
        return all;
    }

    private @Nullable ErrorTemplate template(String name, String text) {
        try {
            return ErrorTemplate.of(Files.readString(Path.of(text)));
        } catch (IOException | InvalidPathException e) {
            settings.problem(name, text, "the path of a text file that can be read");
        } catch (IllegalArgumentException e) {
            settings.problem(name, text, "a file with at most two times %s, for the message and the request id");
        }
        return null;
    }

    private @Nullable ErrorFormat errorFormat(String name, String text) {
        ErrorFormat format = ErrorFormat.of(text);
        if (format == null) {
            settings.problem(name, text, "text/plain, text/html, application/json or application/xml");
        }
        return format;
    }

    /** As in Kong, {@code off} counts only when it stands alone. */
    private Set<AddedHeader> headers(String name, String text) {
        Set<AddedHeader> all = EnumSet.noneOf(AddedHeader.class);
        for (String item : items(text)) {
            Set<AddedHeader> named = AddedHeader.named(item);
            if (named != null) {
                all.addAll(named);
            } else if (!item.equals("off")) {
                settings.problem(
                        name,
                        item,
                        "off, server_tokens, latency_tokens or some of " + String.join(", ", AddedHeader.names()));
            }
        }
        return all;
    }

    private @Nullable Boolean headersUpstream(String name, String text) {
        boolean id = false;
        for (String item : items(text)) {
            if (item.equalsIgnoreCase(AddedHeader.REQUEST_ID.header())) {
                id = true;
            } else if (!item.equals("off")) {
                settings.problem(name, item, "off or X-Kong-Request-Id");
                return null;
            }
        }
        return id;
    }

    private @Nullable Long size(String name, String text) {
        long size = SettingsReader.bytes(text);
        if (size < 0) {
            settings.problem(name, text, "a number of bytes, or of k, m or g, as 10m; 0 for any size");
            return null;
        }
        return size;
    }

    private <T> @Nullable T one(String name, SettingsReader.Reading<T> reading) {
        return settings.one(null, "GATEHOUSE_" + name, "KONG_" + name, reading);
    }

    private static <T> T or(@Nullable T value, T usual) {
        return value == null ? usual : value;
    }

    private List<AddressRange> trusted(String name, String text) {
        List<AddressRange> all = new ArrayList<>();
        for (String item : items(text)) {
            AddressRange range = AddressRange.of(item);
            if (range != null) {
                all.add(range);
            } else if (item.equals("unix:")) {
                settings.problem(name, item, "IP addresses and CIDR ranges; Gatehouse does not listen on unix sockets");
            } else {
                settings.problem(name, item, "IP addresses and CIDR ranges as 10.0.0.0/8");
            }
        }
        return all;
    }

    private @Nullable String realIpHeader(String name, String text) {
        if (!HEADER_NAME.matcher(text).matches()) {
            settings.problem(name, text, "the name of a header, or proxy_protocol");
            return null;
        }
        return text;
    }

    private Map<Integer, Integer> portMaps(String name, String text) {
        Map<Integer, Integer> all = new LinkedHashMap<>();
        for (String item : items(text)) {
            String[] ports = item.split(":", -1);
            int outer = ports.length == 2 ? SettingsReader.number(ports[0]) : -1;
            int inner = ports.length == 2 ? SettingsReader.number(ports[1]) : -1;
            if (outer < 1 || outer > 65535 || inner < 1 || inner > 65535) {
                settings.problem(name, item, "the port that clients see and the port that is listened on, as 80:8000");
            } else {
                all.put(inner, outer);
            }
        }
        return all;
    }

    /** What stands between commas. */
    private static List<String> items(String text) {
        List<String> items = new ArrayList<>();
        for (String item : text.split(",", -1)) {
            if (!item.isBlank()) {
                items.add(item.strip());
            }
        }
        return items;
    }
}
