"""A screen to show, where the browser of a test has none."""

from playwright.async_api import expect

from tests.e2e.people import Advisor, Talker

# What a browser gives whose person also shares the sound: a picture that moves, and a tone.
FILM = """() => {
    const canvas = Object.assign(document.createElement("canvas"), {width: 640, height: 360});
    const draw = () => {
        canvas.getContext("2d").fillStyle = `hsl(${Date.now() / 20 % 360} 80% 50%)`;
        canvas.getContext("2d").fillRect(0, 0, 640, 360);
    };
    setInterval(draw, 100);
    window.__asked = [];
    navigator.mediaDevices.getDisplayMedia = async (want) => {
        window.__asked.push(want);
        const shown = canvas.captureStream(10);
        const context = new AudioContext();
        const tone = context.createOscillator();
        const out = context.createMediaStreamDestination();
        tone.connect(out);
        tone.start();
        shown.addTrack(out.stream.getAudioTracks()[0]);
        window.__shown = shown.getTracks();
        return shown;
    };
}"""


async def has_a_screen(person: Talker) -> None:
    await person.page.evaluate(FILM)


async def asked_for_it(person: Talker) -> int:
    """How often the browser was asked for it."""
    times: int = await person.page.evaluate("window.__asked.length")
    return times


async def show(person: Talker) -> None:
    """For the first time: whoever does not advise is asked in our words."""
    await has_a_screen(person)
    await person.button("talk.screen.on").click()
    if not isinstance(person, Advisor):
        await person.button("talk.share.confirm").click()
    await expect(person.button("talk.screen.off")).to_be_visible()


async def let_go_of(person: Talker) -> None:
    """Nothing shows it any more."""
    await expect(person.button("talk.screen.on")).to_be_visible()
    states = await person.page.evaluate("window.__shown.map((track) => track.readyState)")
    assert states == ["ended", "ended"]
