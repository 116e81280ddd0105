"""A small web application: FastAPI, SQLAlchemy with asyncio, and the driver's pool."""
