package io.gatehouse.plugins.logging.syslog;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import java.util.Map;

/** How log entries are sent: Kong's fields and Kong's meaning. */
@Doc(
        "Sends the JSON entry of each request to the system log of this machine (`/dev/log`, on Linux), as `kong`. An entry larger"
                + " than 128 KiB is dropped and counted.")
record SyslogConfig(
        @Doc("Only entries that are at least as severe as this are sent.") @Default("info")
        Severity logLevel,

        @Doc("The severity of an answer below 400.") @Default("info")
        Severity successfulSeverity,

        @Doc("The severity of an answer of 400 to 499.") @Default("info")
        Severity clientErrorsSeverity,

        @Doc("The severity of an answer of 500 and above.") @Default("info")
        Severity serverErrorsSeverity,

        @Doc("What the system log files entries under.") @Default("user")
        Facility facility,

        @Doc(
                "Fields of the entry to set or delete, each with Lua code. Only code that returns a constant is supported; return nil deletes a field.")
        Map<String, String> customFieldsByLua) {
    SyslogConfig {
        customFieldsByLua = Map.copyOf(customFieldsByLua);
    }

    /** The severity of an answer. */
    Severity severity(int status) {
        if (status >= 500) {
            return serverErrorsSeverity;
        }
        return status >= 400 ? clientErrorsSeverity : successfulSeverity;
    }

    /** How severe an entry is; the codes are those of RFC 5424. */
    enum Severity {
        EMERG(0),
        ALERT(1),
        CRIT(2),
        ERR(3),
        WARNING(4),
        NOTICE(5),
        INFO(6),
        DEBUG(7);

        final int code;

        Severity(int code) {
            this.code = code;
        }
    }

    /** What part of a system an entry comes from; the codes are those of RFC 5424. */
    enum Facility {
        KERN(0),
        USER(1),
        MAIL(2),
        DAEMON(3),
        AUTH(4),
        SYSLOG(5),
        LPR(6),
        NEWS(7),
        UUCP(8),
        CRON(9),
        AUTHPRIV(10),
        FTP(11),
        LOCAL0(16),
        LOCAL1(17),
        LOCAL2(18),
        LOCAL3(19),
        LOCAL4(20),
        LOCAL5(21),
        LOCAL6(22),
        LOCAL7(23);

        final int code;

        Facility(int code) {
            this.code = code;
        }
    }
}
