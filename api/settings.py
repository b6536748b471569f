"""The server's own settings: flags, then CALLCENTER_* in the environment, then callcenter.toml, then these defaults."""

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from api.store.encryption import Clear, Vault, vault_of
from callcenter.errors import BadInput

LONGEST_S: Final = 366 * 86_400
"""Of a wait or a session: a year."""
LONGEST_DAYS: Final = 36_600
"""What is kept so long is kept for ever."""


class Settings(BaseSettings):
    """What can be set; durations in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(
        env_prefix="CALLCENTER_", toml_file="callcenter.toml", extra="forbid", allow_inf_nan=False
    )

    centre: str | None = None
    """A centre file, a scenario file, or the name of a shipped centre (None: one queue, one group, four tiers)."""
    database: str = "callcenter.sqlite3"
    """A path, or postgresql://…"""
    standby: bool = False
    """Where another service has the database: wait until it ends, then take over."""
    always_open: bool = False
    """Opening hours are not kept: for trials and `callcenter drive`."""
    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65_535)
    region: str | None = Field(None, pattern="^[A-Z]{2}$", examples=["GB"])
    """The country of numbers written without +, such as GB, where the centre file does not say it (`region: GB`)."""
    numbers_key: SecretStr | None = None
    """Encrypts customers' numbers at rest: 32 random bytes in base64; older keys on further lines."""
    numbers_key_file: Path | None = None
    """… or a file that has it."""
    default_queue: str | None = None
    """Where a call without a queue goes (None: the centre's first queue)."""
    call_ids: Literal["hashed", "external"] = "hashed"
    """`external`: a call is named by its external id, for replays of a simulated day."""
    rate_per_s: float = Field(2_000, gt=0, le=1e9)
    """Requests per second and key, on average; `burst` at once."""
    burst: int = Field(4_000, ge=1)
    keep_calls_days: int = Field(365, ge=1, le=LONGEST_DAYS)
    """Who rang, and by which name, is kept so long."""
    keep_strangers_days: int = Field(365, ge=1, le=LONGEST_DAYS)
    """A caller of whom nothing but the number is known, once no call of theirs is kept."""
    keep_agents_days: int = Field(365, ge=1, le=LONGEST_DAYS)
    """What each agent did on a day; the day's book, in which nobody is named, is kept for good."""
    keep_plans_days: int = Field(400, ge=1, le=LONGEST_DAYS)
    """What-ifs and rosters that supervisors keep, with the names of people in them."""
    keep_treatment_days: int = Field(1_095, ge=1, le=LONGEST_DAYS)
    """Changes of tier, surveys, and complaints, overrides and blacklist entries that have ended."""
    keep_audit_days: int = Field(1_095, ge=1, le=LONGEST_DAYS)
    """Who did what."""
    import_limit: int = Field(4 * 1024**3, ge=1_024)
    """Bytes of a customer file that is posted; it is kept in a temporary folder while it is read."""
    body_limit: int = Field(256 * 1024, ge=1_024)
    break_reasons: tuple[str, ...] = (
        "break", "lunch", "coffee", "training", "coaching", "meeting", "administration", "back_office", "callback",
        "email", "personal", "technical", "restroom", "end_of_shift", "not_ready", "other",
    )  # fmt: skip
    """Why an agent takes no calls: codes, for the journal keeps them for ever, and what people write must be erasable.
    """
    keep_journal_days: int = Field(7, ge=0, le=LONGEST_DAYS)
    """Commands go after so many days, once they are behind the oldest kept snapshot (0: as soon as they are)."""
    journal_archive: Path | None = None
    """A file to which commands are added before they go: JSON lines, gzip (None: there is none)."""
    heartbeat_timeout_s: float = Field(30, gt=0, le=LONGEST_S)
    """An agent's desktop that has been silent so long gets no more offers."""
    heartbeat_logout_s: float = Field(300, gt=0, le=LONGEST_S)
    """… and after so long its agent is logged out."""
    session_idle_s: float = Field(3_600, gt=0, le=LONGEST_S)
    """A browser that has not been used so long is signed out; a wall that shows the present is being used."""
    session_s: float = Field(43_200, gt=0, le=LONGEST_S)
    """… and every browser after so long: a shift."""
    answer_s: float = Field(1.5, gt=0, le=30)
    """A posted call is answered within so long: with `fallback` where the journal or the database is slower."""
    drain_s: float = Field(2, ge=0, le=60)
    """So long after SIGTERM no new call is taken and all else is, before the service ends (0: it ends at once)."""
    reconcile_gap_s: float = Field(10, ge=0, le=LONGEST_S)
    """Two passes of a reconcile lie at least so far apart, or a repeated request would close a call."""
    call_guard_s: float = Field(60, ge=0, le=LONGEST_S)
    """So long after its end a call's name is still its own: a repeat is told the truth. Then it is a new call's."""
    poll_ms: int = Field(2_000, ge=100)
    """The hint given to clients that poll."""
    webhook_private: bool = False
    """Web hooks may go to private and loopback addresses."""
    blacklist_four_eyes: bool = False
    """A second person approves an entry on the blacklist, and prolongs it."""
    blacklist_review_days: int = Field(92, ge=1, le=366)
    """An entry is reviewed within so many days, or it is lifted."""
    ladder: dict[str, float] = {}
    """Tier → the least figure that earns it, the best first; who earns none is in the default tier (empty: tiers are
    what the CRM says)."""
    ladder_figure: Literal["revenue_12m", "contacts_12m", "tenure_months", "credit_score"] = "revenue_12m"
    ladder_width: float = Field(0, ge=0)
    """A tier is kept until the figure is so far beyond its edge: a customer at the edge does not flicker."""
    contact_plans: dict[str, int] = {}
    """Tier → days: its customers who agreed are called once in so many (empty: nobody is called unasked)."""
    contact_plan_queue: str | None = None
    """Whose agents make these calls, by its callback window and retry plan (None: the centre's first queue)."""
    contact_plan_weekdays: tuple[Annotated[int, Field(ge=0, le=6)], ...] = (0, 1, 2, 3, 4)
    """On which days, 0 is Monday; a turn that falls on another is taken on the next of these."""
    complaint_grades: dict[str, str] = Field(
        {"serious": "2h/24h", "ordinary": "24h/3d", "small": "2d/7d"}, min_length=1
    )
    """Grade → response limit / resolution limit; the gravest first."""
    follow_up_after_s: float = Field(86_400, ge=0, le=LONGEST_S)
    """So long after a complaint is resolved the customer is asked whether they are satisfied."""
    public_url: str | None = Field(None, pattern="^https?://[^/]+", examples=["https://calls.example.org"])
    """How telephony systems outside reach the service (None: as the request says)."""
    twilio_auth_token: SecretStr | None = None
    """What Twilio signs its requests with."""
    jobs_at_once: int = Field(2, ge=1)
    job_seconds: int = Field(3_600, ge=1)
    job_memory: int = Field(1024**3, ge=512 * 1024**2)
    """Bytes of one simulation, which has one core at most; it is refused what needs more."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["readable", "json"] = "readable"
    traces: str | None = None
    """Where OpenTelemetry traces go: an address that takes OTLP over HTTP (None: there are none)."""

    @field_validator("*", mode="before")
    @classmethod
    def _says_something(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse what is there and says nothing (a variable in a script was not set), and a truth for a number."""
        if value == "":
            raise PydanticCustomError("too_short", "is empty")
        if isinstance(value, bool) and cls.model_fields[str(info.field_name)].annotation in (int, float):
            raise PydanticCustomError("int_type", "is no number")
        return value

    def vault(self) -> Vault:
        """Return how numbers are kept.

        Raises:
            BadInput: the file of the key cannot be read.
            BadJournal: it holds no key.
        """
        if self.numbers_key is not None:
            return vault_of(self.numbers_key.get_secret_value())
        if self.numbers_key_file is None:
            return Clear()
        try:
            return vault_of(self.numbers_key_file.read_text(encoding="ascii"))
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(
                "numbers_key_file {numbers_key_file}: cannot be read ({error}): check it",
                numbers_key_file=self.numbers_key_file,
                error=error,
            ) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where settings come from, the strongest first."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
