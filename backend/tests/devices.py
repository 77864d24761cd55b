"""The demo's people on a device, over HTTP: pairing it as its manager does, and signing in on it by person and PIN."""

from __future__ import annotations

import httpx

MANAGER = {"username": "manager", "password": "rasoi-manager-demo"}
NAMES = {"1101": "Ravi Kumar", "2201": "Imran Qureshi"}  # of the demo's people, by their PINs


async def pair(http: httpx.AsyncClient, name: str) -> str:
    """The token of a new device. The demo on its own machine lets it in by itself, before the manager does."""
    code = (await http.post("/api/staff/devices/code")).raise_for_status().json()
    boss = (await http.post("/api/staff/login", json=MANAGER)).raise_for_status().json()["access_token"]
    new = {"code": code["code"], "name": name}
    headers = {"Authorization": f"Bearer {boss}"}
    answer = await http.post("/api/staff/devices", json=new, headers=headers)
    assert answer.status_code in (201, 409), answer.text
    state = await http.post("/api/staff/devices/token", json={"device_code": code["device_code"]})
    return str(state.raise_for_status().json()["token"])


async def sign_in(http: httpx.AsyncClient, device: str, pin: str) -> str:
    """Somebody's access token on the device."""
    headers = {"X-Device-Token": device}
    here = (await http.get("/api/staff/login/people", headers=headers)).raise_for_status().json()
    person = next(each["id"] for each in here["people"] if each["name"] == NAMES[pin])
    body = {"person_id": person, "pin": pin}
    answer = await http.post("/api/staff/login/pin", json=body, headers=headers)
    return str(answer.raise_for_status().json()["access_token"])
