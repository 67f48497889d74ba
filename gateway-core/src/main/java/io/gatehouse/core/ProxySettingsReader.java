package io.gatehouse.core;

import io.gatehouse.core.ProxySettings.Trust;
import io.gatehouse.core.service.AddressRange;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
                or(one("PORT_MAPS", this::portMaps), usual.portMaps()));
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
        if (text.equals("proxy_protocol")) {
            settings.problem(name, text, "the name of a header; Gatehouse does not have the PROXY protocol");
            return null;
        }
        if (!HEADER_NAME.matcher(text).matches()) {
            settings.problem(name, text, "the name of a header");
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
