//! Scopes, resources and routes with policies, and the views that they are compared with.

use super::*;

/// The credential of [`Keys`].
pub(super) struct Key(String);

/// `Authorization: Key <username>`. Asks the database, as token authentication does.
pub(super) struct Keys;

impl Authentication for Keys {
    fn authenticate<'a>(&'a self, request: &'a Request) -> PolicyResult<'a, Option<Identity>> {
        let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        let Some(key) = header.and_then(|header| header.strip_prefix("Key ")) else { return None.into() };
        let name = key.to_owned();
        PolicyResult::later(async move {
            let user = request.database()?.run(move |db| User::get_by_natural_key(db, &name)).await?;
            let user = user.ok_or_else(|| APIException::authentication_failed("Invalid key."))?;
            Ok(Some(Identity::new(user).auth(Key(key.to_owned()))))
        })
    }

    fn authenticate_header(&self, _request: &Request) -> Option<Cow<'static, str>> {
        Some("Key".into())
    }
}

/// Authenticates everybody as `guest`, at once.
pub(super) struct Guests;

impl Authentication for Guests {
    fn authenticate(&self, _request: &Request) -> PolicyResult<'_, Option<Identity>> {
        Some(Identity::new(User::named(7, "guest"))).into()
    }
}

/// The user and the key by each extractor, before and after an await.
pub(super) async fn me(user: CurrentUser, key: Auth<Key>, request: Request, http: HttpRequest) -> String {
    yield_now().await;
    let later = CurrentUser::extract(&http).await.unwrap();
    let (from_request, text) = (request.user().unwrap(), request.auth::<Key>().unwrap());
    assert!(Auth::<String>::extract(&http).await.is_err(), "a credential of another type");
    format!("{} {} {} {} {}", user.username, key.0, later.username, from_request.username, text.0)
}

pub(super) async fn name(user: Option<CurrentUser>) -> String {
    user.map_or_else(|| "nobody".to_owned(), |user| user.username.clone())
}

async fn panics(_user: CurrentUser) -> HttpResponse {
    if true { panic!("a bug") } else { HttpResponse::Ok().finish() }
}

async fn streams(user: CurrentUser) -> HttpResponse {
    yield_now().await;
    let parts = stream::iter(["for ".to_owned(), user.username.clone()]);
    let parts = futures_util::StreamExt::then(parts, async |part| {
        yield_now().await;
        Ok::<_, Error>(Bytes::from(part))
    });
    HttpResponse::Ok().streaming(Box::pin(parts))
}

async fn missing() -> Result<String, APIException> {
    Err(APIException::not_found().with_message("No such report."))
}

async fn echo(data: Data) -> Response {
    Response::new(data)
}

fn keys() -> PolicyMiddleware {
    policies().authentication(classes![Keys])
}

const METHODS: [Method; 3] = [Method::GET, Method::HEAD, Method::OPTIONS];

/// Three times a day, for the test's users by name.
fn rate() -> UserRateThrottle {
    UserRateThrottle { scope: "mounted", rate: Some(Rate::new(3, Period::Day)), ..Default::default() }
}

pub(super) fn mount(config: &mut ServiceConfig) {
    let locked = || keys().permission(classes![IsAuthenticated]).methods(&METHODS);
    let scope = web::scope("/scope")
        .wrap(locked())
        .route("/me", web::get().to(me))
        .route("/panics", web::get().to(panics))
        .route("/streams", web::get().to(streams))
        .route("/missing", web::get().to(missing))
        .route("/rendered", web::get().to(async || Response::detail("yes")))
        .route("/plain", web::get().to(async || HttpResponse::Ok().body("plain")))
        .route(
            "/actix-error",
            web::get().to(async || Err::<String, _>(actix_web::error::ErrorConflict("no"))),
        )
        .route("/echo", web::post().to(echo))
        .route(
            "/users/{pk}",
            web::get().to(async |pk: web::Path<u32>, user: CurrentUser| format!("{pk} {}", user.username)),
        );
    let handler =
        web::resource("/handler").route(web::get().to(name).wrap(locked())).route(web::post().to(name));
    let nested = web::scope("/nested")
        .wrap(keys().permission(classes![IsAuthenticated]))
        .route("/me", web::get().to(me))
        .service(
            web::scope("/admin")
                .wrap(policies().permission(classes![IsAdminUser]))
                .route("/me", web::get().to(me)),
        )
        .service(
            web::scope("/guests")
                .wrap(policies().authentication(classes![Guests]).permission(classes![AllowAny]))
                .route("/name", web::get().to(name)),
        )
        .service(web::resource("/view-less").wrap(policies()).to(name));
    let anonymous = AnonRateThrottle { rate: Some(Rate::new(1, Period::Day)), ..Default::default() };
    config
        .service(scope)
        .service(web::resource("/resource").wrap(locked()).route(web::get().to(name)))
        .service(handler)
        .service(nested)
        .service(web::scope("/open").wrap(keys()).route("/name", web::get().to(name)))
        .service(web::scope("/defaults").wrap(policies()).route("/name", web::get().to(name)))
        .service(
            web::scope("/admin")
                .wrap(keys().permission(classes![IsAdminUser]).methods(&METHODS))
                .route("/name", web::get().to(name)),
        )
        .service(
            web::scope("/throttled")
                .wrap(keys().throttle(classes![rate()]))
                .route("/name", web::get().to(name)),
        )
        .service(web::resource("/once").wrap(keys().throttle(classes![anonymous])).to(name))
        .service(
            web::resource("/scoped")
                .wrap(keys().throttle(classes![ScopedRateThrottle::default()]).throttle_scope("reports"))
                .to(name),
        )
        .service(web::resource("/json").wrap(locked().renderer(classes![JSONRenderer])).to(name));
}

/// Registers [`mount`]'s services in a project.
pub(super) struct Mounted;

impl View for Mounted {
    fn register(&self, _: Location, config: &mut ServiceConfig) -> Option<Endpoint> {
        mount(config);
        None
    }
}

pub(super) fn urlpatterns() -> Vec<Pattern> {
    let declared = || APIView::new("API").authentication_classes(classes![Keys]);
    let view = || declared().get(async || Response::new("in"));
    let throttle = UserRateThrottle { scope: "view", ..rate() };
    vec![
        path("view", view().permission_classes(classes![IsAuthenticated])),
        path("view-admin", view().permission_classes(classes![IsAdminUser])),
        path("view-throttled", view().throttle_classes(classes![throttle])),
        path("view-missing", declared().get(missing).permission_classes(classes![IsAuthenticated])),
        path("plain-resource", |paths: Vec<String>| {
            web::resource(paths).wrap(keys().permission(classes![IsAuthenticated])).to(name)
        }),
        path("mounted", Mounted),
    ]
}
