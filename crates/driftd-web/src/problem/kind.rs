//! Every kind of problem there is. Its answers, its page and its place in the document of the API follow from its row.

use axum::http::StatusCode;

/// What is known of a kind of problem.
#[derive(Debug)]
pub(crate) struct Definition {
    /// What its page is called.
    pub(crate) name: &'static str,
    /// The kind in a few words.
    pub(crate) title: &'static str,
    /// Status code of its answers.
    pub(crate) status: StatusCode,
    /// When it happens.
    pub(crate) meaning: &'static str,
    /// What to do about it.
    pub(crate) remedy: &'static str,
}

macro_rules! problems {
    ($( $kind:ident = $name:literal, $status:ident, $title:literal { $meaning:literal, $remedy:literal } )+) => {
        /// A kind of problem. What is known of each stands in its [`Definition`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum ProblemKind {
            $( #[doc = concat!($title, ".")] $kind, )+
        }

        impl ProblemKind {
            /// All of them.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// Its row of the table.
            pub(crate) const fn definition(self) -> &'static Definition {
                match self {
                    $( Self::$kind => {
                        const ROW: Definition = Definition {
                            name: $name,
                            title: $title,
                            status: StatusCode::$status,
                            meaning: $meaning,
                            remedy: $remedy,
                        };
                        &ROW
                    } )+
                }
            }
        }
    };
}

problems! {
    BadRequest = "bad-request", BAD_REQUEST, "The request cannot be read" {
        "The path or the head of the request is not what HTTP and this API make of one, such as a path whose escaped \
         characters are not UTF-8.",
        "Write names in paths as UTF-8, with every byte that is not a letter, a digit, '-', '_', '.' or '~' as %XX."
    }
    InvalidParameter = "invalid-parameter", BAD_REQUEST, "A parameter is not what it should be" {
        "A parameter of the query is unknown, is there twice, or has a value that is not one of its own. What is wrong \
         with which parameter stands under errors.",
        "The document of the API, /api/openapi.json, lists the parameters of every path and what each of them takes."
    }
    InvalidRange = "invalid-range", BAD_REQUEST, "The range of time is none" {
        "A range is [from, to) in event time. It is refused where from is not before to, where it is longer than ten \
         years, and where its ends are no moments between the years 1 and 9999.",
        "Write from and to as RFC 3339 with a zone (2013-07-01T00:00:00Z), as a date (2013-07-01, midnight UTC), as whole \
         seconds since 1970, as now, or as now-7d. Where a list is long, leave the range as it is and follow next."
    }
    InvalidCursor = "invalid-cursor", BAD_REQUEST, "The cursor is not of this list" {
        "A cursor says where the next page of a list begins. It belongs to the path and the parameters that it was handed \
         out for, and is not made by hand.",
        "Take the cursor as it stands under next, or the address of the Link header, with the other parameters unchanged; \
         or begin again without one. limit and format may change."
    }
    NotFound = "not-found", NOT_FOUND, "Nothing is here" {
        "There is no such path.",
        "The paths of the API stand in /api/openapi.json."
    }
    NoSuchResource = "no-such-resource", NOT_FOUND, "There is no such thing" {
        "The path is one of the API, but the monitor, window, incident, baseline or feature that it names is not in the \
         store, or not any more.",
        "The lists have what there is: /api/v1/monitors, /api/v1/incidents, /api/v1/baselines. What is older than the \
         retention of the configuration is gone."
    }
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "The path takes other methods" {
        "Everything that is answered here is read with GET or HEAD, but for questions that have a body, which are POST; nothing \
         is changed over HTTP.",
        "Use a method of the Allow header. Acknowledging, resolving and silencing is done by the driftd program."
    }
    NotAcceptable = "not-acceptable", NOT_ACCEPTABLE, "The answer has no such form" {
        "The Accept header allows none of the forms that the answer has.",
        "Lists of the history are application/json or text/csv; everything else is application/json."
    }
    NoDistribution = "no-distribution", CONFLICT, "The counts of the window cannot be shown" {
        "A distribution is made from the counts of the window's panes, its baseline and the configuration of its monitor. \
         One of them is missing, or does not belong to the others.",
        "The detail says which. Counts are kept as long as the retention of the configuration says; a monitor has to be \
         configured here as it was when the window was counted."
    }
    NoEvaluation = "no-evaluation", CONFLICT, "The range cannot be evaluated" {
        "A past range is evaluated by the rules of its monitor's configuration, in the bins of a baseline. The monitor is not \
         configured here, or its configuration does not fit that baseline.",
        "The detail says which. Ask a driftd whose configuration has the monitor, or name another baseline."
    }
    InvalidBody = "invalid-body", BAD_REQUEST, "The body is not what it should be" {
        "The body of the request is no JSON, or not of the form that the document of the API gives.",
        "The detail says where. /api/openapi.json has the form of every body."
    }
    BodyTooLarge = "body-too-large", PAYLOAD_TOO_LARGE, "The body is too large" {
        "The body of a question has at most 64 KiB.",
        "Ask for fewer features."
    }
    UnsupportedMediaType = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "The body is of another type" {
        "The body of the request is not of the type that the path takes.",
        "Send JSON, with Content-Type: application/json."
    }
    MisdirectedRequest = "misdirected-request", MISDIRECTED_REQUEST, "driftd does not go by this name" {
        "The request is addressed to a name that is none of this machine's. A web page whose name is made to resolve to \
         this machine would be let in otherwise.",
        "Use an address, localhost, or the name in notify.external_url."
    }
    InternalError = "internal-error", INTERNAL_SERVER_ERROR, "Something does not work here" {
        "The answer could not be made, and asking again will not help.",
        "The log of the process says what failed."
    }
    StoreUnavailable = "store-unavailable", SERVICE_UNAVAILABLE, "The store does not answer" {
        "The process is starting, or its database cannot be reached or takes too long.",
        "Try again after the seconds of the Retry-After header. /readyz says what is wrong while it lasts."
    }
    TooSlow = "too-slow", SERVICE_UNAVAILABLE, "The answer took too long" {
        "An answer has twenty seconds.",
        "Ask for less: a shorter range, a smaller limit, one statistic or segment. Or try again after the seconds of the \
         Retry-After header."
    }
}

impl ProblemKind {
    /// The kind whose page is called so.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.definition().name == name)
    }
}
