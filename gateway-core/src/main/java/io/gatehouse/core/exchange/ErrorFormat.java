package io.gatehouse.core.exchange;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The formats of error bodies, with Kong's texts. */
public enum ErrorFormat {
    /** {@code application/json}. */
    JSON("application/json", "{\n  \"message\":\"%s\",\n  \"request_id\":\"%s\"\n}"),
    /** {@code application/xml}. */
    XML("application/xml", """
            <?xml version="1.0" encoding="UTF-8"?>
            <error>
              <message>%s</message>
              <requestid>%s</requestid>
            </error>
            """),
    /** {@code text/html}. */
    HTML("text/html", """
            <!doctype html>
            <html>
              <head>
                <meta charset="utf-8">
                <title>Error</title>
              </head>
              <body>
                <h1>Error</h1>
                <p>%s.</p>
                <p>request_id: %s</p>
              </body>
            </html>
            """),
    /** {@code text/plain}. */
    PLAIN("text/plain", "%s\nrequest_id: %s\n");

    private final String type;
    private final String contentType;
    private final String text;

    ErrorFormat(String type, String text) {
        this.type = type;
        this.contentType = type + "; charset=utf-8";
        this.text = text;
    }

    /** The media type. */
    public String type() {
        return type;
    }

    String contentType() {
        return contentType;
    }

    /** Kong's own. */
    ErrorTemplate template() {
        return ErrorTemplate.of(text);
    }

    /** The format of a media type; null when there is none. */
    public static @Nullable ErrorFormat of(String type) {
        for (ErrorFormat format : values()) {
            if (format.type.equals(type)) {
                return format;
            }
        }
        return null;
    }

    /**
     * The format that an {@code Accept} or {@code Content-Type} value wants: of its types the first one with the highest
     * q. What is not known here means JSON.
     */
    static ErrorFormat wanted(String header) {
        ErrorFormat best = JSON;
        int bestQuality = 0;
        int at = 0;
        for (int parts = 0; at <= header.length() && parts < 20; parts++) {
            int comma = header.indexOf(',', at);
            int end = comma < 0 ? header.length() : comma;
            String part = header.substring(at, end);
            int quality = quality(part);
            String type = type(part);
            if (quality > bestQuality && type.indexOf('/') > 0) {
                bestQuality = quality;
                best = known(type);
            }
            at = end + 1;
        }
        return best;
    }

    private static String type(String part) {
        int semicolon = part.indexOf(';');
        return (semicolon < 0 ? part : part.substring(0, semicolon)).strip().toLowerCase(Locale.ROOT);
    }

    private static ErrorFormat known(String type) {
        if (type.equals("text/*")) {
            return PLAIN;
        }
        ErrorFormat format = of(type);
        return format == null ? JSON : format;
    }

    /** In thousandths; 1000 when nothing, or nothing that is one, is said. */
    private static int quality(String part) {
        for (int at = part.indexOf(';'); at >= 0; at = part.indexOf(';', at + 1)) {
            int next = part.indexOf(';', at + 1);
            String parameter =
                    part.substring(at + 1, next < 0 ? part.length() : next).strip();
            if (parameter.length() > 2 && parameter.regionMatches(true, 0, "q=", 0, 2)) {
                return thousandths(parameter.substring(2).strip());
            }
        }
        return 1000;
    }

    private static int thousandths(String text) {
        int value = 0;
        int digits = -1;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '.' && digits < 0) {
                digits = 0;
            } else if (c >= '0' && c <= '9' && digits < 3 && value <= 1000) {
                value = value * 10 + c - '0';
                digits += digits < 0 ? 0 : 1;
            } else {
                return 1000;
            }
        }
        for (int i = Math.max(digits, 0); i < 3; i++) {
            value *= 10;
        }
        return Math.min(value, 1000);
    }
}
