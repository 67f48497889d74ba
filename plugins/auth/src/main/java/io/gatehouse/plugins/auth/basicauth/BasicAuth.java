package io.gatehouse.plugins.auth.basicauth;

import io.gatehouse.api.Credential;
import io.gatehouse.api.Directory;
import io.gatehouse.api.Exchange;
import io.gatehouse.api.Next;
import io.gatehouse.api.Plugin;
import io.gatehouse.api.Request;
import io.gatehouse.api.Response;
import io.gatehouse.api.config.Secret;
import io.gatehouse.plugins.auth.Authentication;
import io.gatehouse.plugins.auth.Scheme;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Kong's basic-auth. */
final class BasicAuth implements Plugin {
    static final String CREDENTIALS = "basicauth_credentials";

    private static final Scheme BASIC = new Scheme("Basic", false);

    /** What a client sent. The password stays bytes, as they came: no character stands for what is no UTF-8. */
    private static final class Login {
        private final String username;
        private final byte[] password;

        private Login(String username, byte[] password) {
            this.username = username;
            this.password = password;
        }

        static @Nullable Login of(@Nullable String encoded) {
            if (encoded == null) {
                return null;
            }
            int end = encoded.length();
            while (end > 0 && encoded.charAt(end - 1) == '=') {
                end--; // Kong counts no padding
            }
            byte[] bytes;
            try {
                bytes = Base64.getDecoder().decode(encoded.substring(0, end));
            } catch (IllegalArgumentException malformed) {
                return null;
            }
            int colon = 0;
            while (colon < bytes.length && bytes[colon] != ':') {
                colon++;
            }
            return colon == 0 || colon == bytes.length
                    ? null
                    : new Login(
                            new String(bytes, 0, colon, StandardCharsets.UTF_8),
                            Arrays.copyOfRange(bytes, colon + 1, bytes.length));
        }

        @Nullable
        Credential find(Directory directory) {
            return directory.credential(CREDENTIALS, username);
        }

        boolean fits(Credential credential) {
            Secret secret = credential.secret("password");
            return secret != null
                    && MessageDigest.isEqual(password, secret.value().getBytes(StandardCharsets.UTF_8));
        }
    }

    private final Authentication authentication;
    private final boolean hides;
    private final String challenge;

    BasicAuth(BasicAuthConfig config) {
        this.authentication = new Authentication(config.anonymous());
        this.hides = config.hideCredentials();
        this.challenge = Authentication.challenge("Basic", config.realm());
    }

    @Override
    public Future<Response> intercept(Request request, Next next) {
        Exchange exchange = request.exchange();
        if (authentication.isDone(exchange)) {
            return next.proceed(request);
        }
        Directory directory = exchange.directory();
        Login login = take(request.headers(), Scheme.PROXY_AUTHORIZATION);
        Credential credential = login == null ? null : login.find(directory);
        if (credential == null) {
            login = take(request.headers(), Scheme.AUTHORIZATION);
            credential = login == null ? null : login.find(directory);
        }
        if (login == null || credential == null || !login.fits(credential)) {
            return authentication.refuse(request, Authentication.unauthorized("Unauthorized", challenge), next);
        }
        return authentication.accept(request, credential, login.username, next);
    }

    private @Nullable Login take(MultiMap headers, String name) {
        Login login = Login.of(BASIC.read(headers.get(name)));
        if (hides) {
            BASIC.hide(headers, name);
        }
        return login;
    }
}
