package io.gatehouse.plugins.traffic.bot;

import com.google.re2j.Pattern;

/**
 * The user agents that Kong takes for bots without being told: crawlers by name, what calls itself bot, spider or crawler
 * with a version, and programs that fetch pages by way of a library.
 */
final class KnownBots {
    /** A bot wherever the name stands: first program libraries, then crawlers, previews and monitors. */
    private static final String[] NAMES = split("""
            Google-HTTP-Java-Client|Apache-HttpClient|Go-http-client|scalaj-http|http%20client
            Python-urllib|HttpMonitor|TLSProber|WinHTTP|JNLP|okhttp|aihttp|reqwest|axios|unirest-java
            unirest-python|unirest-ruby|unirest-nodejs|unirest-php|unirest-net
            Cityreview Robot|Finderbots|Job Roboter|BotName/$BotVersion|123metaspider-Bot|50.nu|Aboundex
            AdsBot-Google|altavista|AppEngine-Google|archiver|Ask Jeeves|bingbot|BingPreview|blitzbot
            Bloglovin|BlogBridge|BoardReader Blog Indexer|BoardReader Favicon Fetcher|BotSeer|BUbiNG|Catchpoint
            Charlotte|charlotte|Checklinks|clumboot|Comodo-Webinspector-Crawler|Daumoa|Feed Seeker Bot
            Feedbin|findlinks|Flamingo_SearchEngine|FollowSite Bot|furlbot|Genieo|gigabot|GomezAgent|gonzo1
            Googlebot|Google SketchUp|grub-client|gsa-crawler|heritrix|HiddenMarket|holmes|HooWWWer|htdig
            ia_archiver|Icarus6j|ichiro|IconSurf|IlTrovatore|InfuzApp|InternetArchive|KaloogaBot|Kraken
            Kurzor|larbin|LEIA|LesnikBot|Linguee Bot|LinkAider|LinkedInBot|Lite Bot|Llaut|lycos|Mail.RU_Bot
            masscan|masidani_bot|Mediapartners-Google|mogimogi|mozDex|MJ12bot|msnbot|msrbot
            Mtps Feed Aggregation System|netresearch|Netvibes|NewsGator|Nutch|Nymesis|ObjectsSearch
            OgScrper|Orbiter|OOZBOT|PagePeeker|PagesInventory|PaxleFramework|Peeplo Screenshot Bot
            PlantyNet_WebRobot|Pompos|Qwantify|Read%20Later|Reaper|RedCarpet|Retreiver|Riddler|Rival IQ
            scooter|Scrapy|Scrubby|searchsight|seekbot|semanticdiscovery|SemrushBot|Simpy|SimplePie
            SEOstats|SimpleRSS|SiteCon|Slackbot-LinkExpanding|Slack-ImgProxy|Slurp|snappy|Squrl Java
            Stringer|TheUsefulbot|ThumbShotsBot|Thumbshots.ru|Tiny Tiny RSS|Twitterbot|WhatsApp|URL2PNG
            Vagabondo|VoilaBot|Votay bot|Web-sniffer|WebThumb|WhatWeb|WIRE|WordPress|Wotbox
            www.almaden.ibm.com|yacy|YahooSeeker|YodaoBot|YottaaMonitor|Yowedo|ZeBot_www.ze.bz|ZooShot
            ZyBorg|favicon|SiteCat Webbot""");

    /** A bot when the user agent begins so. */
    private static final String[] BEGINNINGS = split("NING|vortex|voyager|Zao");

    private static final Pattern SHAPES = Pattern.compile(String.join(
            "|",
            // whatever calls itself a spider or crawler
            "(?i:spider|crawl)",
            "[Ss]crape",
            // something/1 or something 1
            "([Aa]rchiver|[Ii]ndexer|[Ss]craper|[Bb]ot)[/ ][0-9]",
            "/((Ant-)?Nutch|[A-z]+[Bb]ot|Axtaris|fetchurl|Isara|ShopSalad|Tailsweep)[ -][0-9]",
            "\\b(008|Altresium|Argus|BaiduMobaider|BoardReader|DNSGroup|DataparkSearch|EDI|Goodzer|Grub|INGRID|Infohelfer|LOOQ"
                    + "|PathDefender|Peew|PostPost|Steeler|VSE|WebCrunch|WebZIP|Y!J-BR[A-Z]|envolk|sproose|wminer)/[0-9]",
            "\\b(Boto3?|JetS3t|aws-(cli|sdk-(cpp|go|java|nodejs|ruby2?|dotnet-([0-9]{1,2}|core)))|s3fs)/[0-9]+\\.[0-9]",
            "Pingdom\\.com_bot_version_[0-9]+\\.[0-9]",
            "facebookexternalhit/[0-9]+\\.[0-9]",
            "Google.*/\\+/web/snippet",
            " PTST/[0-9]+\\.?[0-9]+$",
            // names with something in the middle
            "1470\\.net crawler",
            "8bo Crawler Bot",
            "Accoona-[A-z]{1,30}-Agent",
            "archive.{0,30}\\.org_bot",
            "boitho.com-dc",
            "\\bYeti",
            "IP2[a-z]{1,30}Bot",
            "jbot\\b",
            "Microsoft .{0,30} Bot",
            "WASALive.Bot",
            "WeSEE:[A-z]",
            "Xenu(.s)? Link Sleuth",
            "Xerka [A-z]{1,30}Bot",
            "Yandex\\w"));

    private KnownBots() {}

    private static String[] split(String names) {
        return names.split("[|\n]", -1);
    }

    static boolean contains(String agent) {
        for (String name : NAMES) {
            if (agent.contains(name)) {
                return true;
            }
        }
        for (String beginning : BEGINNINGS) {
            if (agent.startsWith(beginning)) {
                return true;
            }
        }
        return SHAPES.matcher(agent).find();
    }
}
